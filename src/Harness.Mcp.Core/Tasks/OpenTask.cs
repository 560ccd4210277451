using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Core.Tasks;

/// <summary>The task by which a backend answers a pending call later: whoever holds the chain can go on asking for it.</summary>
/// <param name="Version">The link that recorded the task.</param>
/// <param name="Id">The backend's own id of it.</param>
/// <param name="ExpiresAt">From then on nobody waits for it.</param>
/// <param name="Message">What the backend last said of it; null for nothing.</param>
/// <param name="Reports">How often it said something new since the task was opened.</param>
public sealed record OpenTask(long Version, string Id, DateTimeOffset ExpiresAt, string? Message, int Reports)
{
    /// <summary>Reports of one task that become links; what a backend says past them is not passed on.</summary>
    public const int ReportsMax = 32;

    public bool HasExpired(DateTimeOffset time) => time >= ExpiresAt;

    internal static OpenTask Of(Link link, LinkBody.TaskOpened opened) => new(link.Version, opened.Task, opened.ExpiresAt, opened.Message, 0);

    internal OpenTask With(LinkBody.TaskReported report) => this with { ExpiresAt = report.ExpiresAt, Message = report.Message, Reports = Reports + 1 };
}
