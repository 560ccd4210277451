using System.CommandLine;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;

namespace Harness.Mcp.Commands;

/// <summary>`harness mission suspend|resume|complete|revoke ID`: each is one link, and holds before the mission's next call.</summary>
internal static class MissionChangeCommand
{
    private delegate ValueTask<CommandAnswer> Change(MissionDesk desk, MissionId mission, string by, string why, CancellationToken cancellationToken);

    public static Command CreateSuspend() => Create(
        "suspend", "Stop a mission until it is resumed.", (desk, mission, by, why, token) => desk.SuspendAsync(mission, by, why, token));

    public static Command CreateResume() => Create(
        "resume", "Let a suspended mission go on.", (desk, mission, by, why, token) => desk.ResumeAsync(mission, by, why, token));

    public static Command CreateComplete() => Create(
        "complete", "End a mission that has reached its objective, for ever.", (desk, mission, by, why, token) => desk.CompleteAsync(mission, by, why, token));

    public static Command CreateRevoke() => Create(
        "revoke", "End a mission that must not go on, for ever.", (desk, mission, by, why, token) => desk.RevokeAsync(mission, by, why, token));

    private static Command Create(string name, string description, Change change)
    {
        var id = MissionChoice.Argument();
        var why = new WhyOption();
        var by = new MissionByOption();
        var home = new HomeOption();
        var command = new Command(name, description) { id, why, by, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return MissionChoice.UseAsync(
                terminal,
                result.GetRequiredValue(home),
                result.GetRequiredValue(id),
                async (store, mission) => Answer(
                    terminal,
                    mission,
                    await change(new MissionDesk(store), mission, result.GetRequiredValue(by), result.GetRequiredValue(why), cancellationToken)),
                cancellationToken);
        });
        return command;
    }

    private static int Answer(Terminal terminal, MissionId mission, CommandAnswer answer)
    {
        if (answer is not CommandAnswer.Done done)
            return CommandFailure.Tell(terminal, mission, answer);
        terminal.Line($"{mission} is {MissionWords.Of(done.Status)} since link {done.Version}.");
        return ExitCodes.Done;
    }
}
