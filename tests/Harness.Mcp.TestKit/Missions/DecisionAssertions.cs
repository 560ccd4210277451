using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.TestKit.Missions;

/// <summary>What a test expects of a decision, told with the denial's own words where it is another.</summary>
public static class DecisionAssertions
{
    public static Denial Denied(this Decision decision) => decision is Decision.Deny(var denial)
        ? denial
        : throw new InvalidOperationException("The call was permitted.");

    public static bool IsPermitted(this Decision decision) => decision switch
    {
        Decision.Permit => true,
        Decision.Deny(var denial) => throw new InvalidOperationException($"The call was denied: {denial.Say} [{denial.Reason}] {denial.Rule}"),
        _ => false,
    };
}
