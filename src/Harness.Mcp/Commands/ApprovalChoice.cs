using System.CommandLine;
using System.Globalization;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Store;

namespace Harness.Mcp.Commands;

/// <summary>Names one request for approval on the command line: `MISSION/NUMBER`, where enough of the mission's beginning will do.</summary>
internal static class ApprovalChoice
{
    public static Argument<string> Argument() => new("REQUEST") { Description = "The request as `harness approvals list` names it: MISSION/NUMBER." };

    /// <summary>Runs a command on one request of a home; what stands in the way is printed.</summary>
    /// <returns>The command's exit code, or what <see cref="ExitCodes"/> says of the way there.</returns>
    public static Task<int> UseAsync(
        Terminal terminal, string directory, string request, Func<IChainStore, ApprovalId, Task<int>> run, CancellationToken cancellationToken)
    {
        var slash = request.LastIndexOf('/');
        if (slash <= 0 || !long.TryParse(request.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return Task.FromResult(terminal.Fail(ExitCodes.Refused, $"`{request}`: write the request as MISSION/NUMBER. `harness approvals list` shows the open ones."));
        return MissionChoice.UseAsync(
            terminal, directory, request[..slash], (store, mission) => run(store, new ApprovalId(mission, version)), cancellationToken);
    }
}
