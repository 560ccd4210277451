using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using Harness.Mcp.Checking;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.Store;

namespace Harness.Mcp.Commands;

/// <summary>`harness mission open TEMPLATE --input k=v`: writes the first link of a new chain.</summary>
internal static class MissionOpenCommand
{
    public static Command Create()
    {
        var template = new Argument<string>("TEMPLATE") { Description = "Name of a template: `missions/TEMPLATE.yaml`." };
        var input = new Option<string[]>("--input", "-i") { HelpName = "KEY=VALUE", Description = "An input that the template declares. Give it once for each." };
        var by = new MissionByOption();
        var isUnchecked = new Option<bool>("--unchecked") { Description = "Open it even where it names arguments or fields that the tools' pinned schemas do not have." };
        var home = new HomeOption();
        var command = new Command("open", "Open a mission from a template and print its id.") { template, input, by, isUnchecked, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return HomeStore.UseAsync(
                terminal,
                result.GetRequiredValue(home),
                mayCreate: true,
                (at, store) => RunAsync(
                    terminal, at, store, result.GetRequiredValue(template), result.GetValue(input) ?? [], result.GetRequiredValue(by), result.GetValue(isUnchecked), cancellationToken));
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Home home, IChainStore store, string name, string[] inputs, string by, bool isUnchecked, CancellationToken cancellationToken)
    {
        var pairs = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(inputs.Length);
        foreach (var input in inputs)
        {
            var equals = input.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                return terminal.Fail(ExitCodes.Refused, $"`--input {input}`: write it as KEY=VALUE.");
            pairs.Add(new(input[..equals], input[(equals + 1)..]));
        }

        var template = HomeTemplates.Find(home, name);
        if (!template.IsValid)
            return terminal.Fail(ExitCodes.Refused, template.Problems);

        var rules = RuleFiles.Read(home.Root, home.Servers);
        if (!rules.IsValid)
            return terminal.Fail(ExitCodes.Refused, rules.Problems);
        terminal.Notes(LayerFindings.Of(template.Value, rules.Value));
        if (!isUnchecked && Misspelt(home, template.Value, rules.Value) is { IsEmpty: false } misspelt)
            return terminal.Fail(ExitCodes.Refused, misspelt);

        switch (await new MissionDesk(store).OpenAsync(template.Value, rules.Value, pairs.ToImmutable(), by, cancellationToken))
        {
            case OpenAnswer.Opened opened:
                terminal.Line(opened.Mission.Value);
                return ExitCodes.Done;
            case OpenAnswer.Refused refused:
                return terminal.Fail(ExitCodes.Refused, refused.Problems);
            case OpenAnswer.Unavailable unavailable:
                return terminal.Fail(ExitCodes.Unable, unavailable.Why);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>What the mission says of its tools that their schemas, as they were last pinned, say otherwise. The rest is for `harness mission check`.</summary>
    private static ImmutableArray<Problem> Misspelt(Home home, MissionTemplate template, RuleSources rules) =>
    [
        .. MissionCheck.Against(template, rules, HomeCatalog.Read(home, out _))
            .Where(finding => finding.Kind == CheckKind.UnknownField || finding.Kind == CheckKind.WrongType || finding.Kind == CheckKind.ArgumentMissing)
            .Where(finding => finding.Severity == Severity.Error)
            .Select(finding => new Problem(finding.Position, finding.Message, finding.Remedy)),
    ];
}
