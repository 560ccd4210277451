using System.Collections.Immutable;
using System.CommandLine;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Link = Harness.Mcp.Core.Chains.Link;

namespace Harness.Mcp.Commands;

/// <summary>`harness decide`: recorded chains, decided again.</summary>
internal static class DecideCommand
{
    private const string Description =
        """
        Decide the calls of recorded chains again, by the mission's own document or by another, and say why. Nothing is called and nothing is
        written. The replay is open loop: the agent's later calls stay those it made then. A call that is permitted ends as it was recorded; one
        that was not permitted then and is now counts, with an unknown outcome; a call that is denied contributes nothing to what follows, and
        one that needs approval waits for the answers that the chain records.

        Examples:
          harness decide contain-account-abc
          harness decide chain.jsonl --mission missions/contain-account.yaml
          harness decide chains/*.jsonl --diff missions/old.yaml missions/new.yaml
          harness decide chains/*.jsonl --diff missions/old.yaml missions/new.yaml --strict

        With --diff, calls are shown that the one document denies, escalates or permits and the other does not; then those that both decide alike
        for other reasons (another reason code, rule, argument, cause or sentence), and those where rules in shadow say something else; then the
        notes of only one of the two. The last line counts all of them.

        The exit code is 0 where every call is decided as recorded (with --diff: alike by both; with --strict also for the same reasons, with the
        same verdicts in shadow and the same notes), 1 where some are not, 2 where a chain or a mission cannot be read.
        """;

    public static Command Create()
    {
        var chains = new Argument<string[]>("CHAIN")
        {
            Description = "Files that `harness chain export` wrote, or ids of missions of the home (their beginnings are enough).",
            Arity = ArgumentArity.OneOrMore,
        };
        var mission = new Option<string?>("--mission", "-m") { HelpName = "FILE", Description = "Decide by this mission document." };
        var diff = new Option<string[]>("--diff")
        {
            HelpName = "A B",
            Description = "Decide by two mission documents, and show the calls that they decide differently.",
            Arity = new ArgumentArity(2, 2),
            AllowMultipleArgumentsPerToken = true,
        };
        var strict = new Option<bool>("--strict") { Description = "With `--diff`: let other reasons, other verdicts in shadow and other notes fail too." };
        var format = new FormatOption(OutputFormat.Text, OutputFormat.Json);
        var home = new HomeOption();
        var command = new Command("decide", Description) { chains, mission, diff, strict, format, home };
        command.Validators.Add(result =>
        {
            if (result.GetResult(mission) is not null && result.GetResult(diff) is not null)
                result.AddError("Give either `--mission` or `--diff`.");
            if (result.GetValue(strict) && result.GetResult(diff) is null)
                result.AddError("`--strict` is about two documents: give `--diff A B`.");
        });
        command.SetAction((result, cancellationToken) => RunAsync(
            Terminal.Of(result),
            result.GetRequiredValue(home),
            result.GetRequiredValue(chains),
            result.GetValue(diff) is [var before, var after] ? [before, after] : [result.GetValue(mission)],
            result.GetValue(strict),
            result.GetValue(format),
            cancellationToken));
        return command;
    }

    /// <param name="documents">One or two mission documents; null for the chain's own.</param>
    private static async Task<int> RunAsync(
        Terminal terminal, string directory, string[] chosen, string?[] documents, bool isStrict, OutputFormat format, CancellationToken cancellationToken)
    {
        var templates = new List<MissionTemplate?>();
        foreach (var document in documents)
        {
            var template = document is null ? null : (Parsed<MissionTemplate>?)HomeTemplates.ReadFile(document);
            if (template is { IsValid: false } wrong)
                return terminal.Fail(ExitCodes.Unable, wrong.Problems);
            templates.Add(template?.Value);
        }

        var replays = new List<ImmutableArray<ReplayedChain>>();
        foreach (var name in chosen)
        {
            var (chain, problem) = await RecordedChain.ReadAsync(directory, name, cancellationToken);
            if (chain.IsDefault)
                return terminal.Fail(ExitCodes.Unable, problem);
            if (Decide(chain, templates, out var problems) is not { } replayed)
                return terminal.Fail(ExitCodes.Unable, problems);
            replays.Add(replayed);
        }

        return documents.Length == 2
            ? new DecisionComparison(replays).Report(terminal, format, isStrict)
            : DecisionReport.Show([.. replays.Select(replay => replay[0])], terminal, format);
    }

    private static ImmutableArray<ReplayedChain>? Decide(ImmutableArray<Link> chain, List<MissionTemplate?> templates, out ImmutableArray<Problem> problems)
    {
        var replayed = ImmutableArray.CreateBuilder<ReplayedChain>();
        foreach (var template in templates)
        {
            var replay = Replay.Of(chain, template);
            problems = replay.Problems;
            if (!replay.IsValid)
                return null;
            replayed.Add(replay.Value);
        }

        problems = [];
        return replayed.ToImmutable();
    }
}
