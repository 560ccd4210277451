using System.CommandLine;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Operator.Approvals;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Commands;

/// <summary>`harness approvals grant|refuse REQUEST --by NAME`: each is one link, met when the agent sends the call again.</summary>
internal static class ApprovalsAnswerCommand
{
    private delegate ValueTask<CommandAnswer> Answer(ApprovalDesk desk, ApprovalId request, string by, string why, CancellationToken cancellationToken);

    public static Command CreateGrant() => Create(
        "grant",
        "Approve a call, once, exactly as `harness approvals show` shows it.",
        (desk, request, by, why, token) => desk.GrantAsync(request, by, why, token));

    public static Command CreateRefuse() => Create(
        "refuse",
        "Refuse a call, or take back an approval that was not used yet.",
        (desk, request, by, why, token) => desk.RefuseAsync(request, by, why, token));

    private static Command Create(string name, string description, Answer answer)
    {
        var request = ApprovalChoice.Argument();
        var by = new Option<string>("--by") { HelpName = "NAME", Description = "As whom: a name or role that the request asks.", Required = true };
        by.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
                result.AddError("`--by`: give a name.");
        });
        var why = new WhyOption();
        var home = new HomeOption();
        var command = new Command(name, description) { request, by, why, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return ApprovalChoice.UseAsync(
                terminal,
                result.GetRequiredValue(home),
                result.GetRequiredValue(request),
                async (store, id) => await TellAsync(
                    terminal,
                    store,
                    id,
                    await answer(new ApprovalDesk(store), id, result.GetRequiredValue(by), result.GetRequiredValue(why), cancellationToken),
                    cancellationToken),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> TellAsync(
        Terminal terminal, IChainStore store, ApprovalId request, CommandAnswer answer, CancellationToken cancellationToken)
    {
        if (answer is not CommandAnswer.Done done)
            return CommandFailure.Tell(terminal, request.Mission, answer);
        terminal.Line(await new ApprovalDesk(store).ShowAsync(request, cancellationToken) is ApprovalAnswer.Found { Report.Open: var open }
            ? Standing(request, open, done.Version)
            : $"{request} is answered by link {done.Version}.");
        return ExitCodes.Done;
    }

    private static string Standing(ApprovalId request, OpenApproval open, long link) => open.Status switch
    {
        ApprovalStatus.Granted => $"{request} is granted since link {link}: the agent may send the call once, until {MissionWords.Of(open.Asked.ExpiresAt)}.",
        ApprovalStatus.Refused => $"{request} is refused since link {link}.",
        _ => $"{request} has your yes since link {link}, and still asks {ApprovalWords.Asked(open)}.",
    };
}
