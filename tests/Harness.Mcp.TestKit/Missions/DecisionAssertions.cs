using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.TestKit.Missions;

/// <summary>What a test expects of a decision, told with the denial's own words where it is another.</summary>
public static class DecisionAssertions
{
    public static Denial Denied(this Decision decision) => decision is Decision.Deny(var denial)
        ? denial
        : throw new InvalidOperationException($"The call was not denied: {decision}.");

    public static ApprovalRequest Escalated(this Decision decision) => decision is Decision.Escalate(var request)
        ? request
        : throw new InvalidOperationException($"The call was not escalated: {decision}.");

    public static bool IsPermitted(this Decision decision) => decision switch
    {
        Decision.Permit => true,
        Decision.Deny(var denial) => throw new InvalidOperationException($"The call was denied: {denial.Say} [{denial.Reason}] {denial.Rule}"),
        Decision.Escalate(var request) => throw new InvalidOperationException($"The call needs approval: {request.Asks[0]}"),
        _ => false,
    };
}
