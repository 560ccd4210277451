using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public class DenialResultTests
{
    [Fact]
    public void Denial_SaysEverythingItKnows_ToModelAndProgram()
    {
        var denial = new Denial(ReasonCode.BudgetExhausted, "This mission may isolate 3 hosts and has done so: work with those, or ask for more.")
        {
            Rule = new RuleId("few-hosts"),
            Argument = "host",
            Because = [3, 5, 8],
            Remaining = 0,
            RetryAfter = new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)),
            Approval = new ApprovalNotice(7, new DateTimeOffset(2026, 1, 2, 4, 4, 5, TimeSpan.Zero)),
            AllowedNext = ["fleet/release_host"],
        };

        var result = DenialResult.Of(denial, new MissionId("contain-abc"));

        Assert.Equal(
            """
            {"content":[{"type":"text","text":"This mission may isolate 3 hosts and has done so: work with those, or ask for more. [budget_exhausted]"}],"structuredContent":{"denied":true,"reason":"budget_exhausted","message":"This mission may isolate 3 hosts and has done so: work with those, or ask for more.","mission":"contain-abc","rule":"few-hosts","argument":"host","because":[3,5,8],"remaining":0,"retryAfter":"2026-01-02T03:04:05.000Z","approval":{"request":"contain-abc/7","expiresAt":"2026-01-02T04:04:05.000Z"},"allowedNext":["fleet/release_host"]},"isError":true}
            """,
            result.GetRawText());
    }

    [Fact]
    public void Denial_LeavesOut_WhatDoesNotApply()
    {
        var denial = new Denial(ReasonCode.ToolNotGranted, "No tool of this name is granted to this mission.");

        var structured = DenialResult.Of(denial, mission: null).GetProperty("structuredContent");

        Assert.Equal(["denied", "reason", "message"], structured.EnumerateObject().Select(property => property.Name));
    }
}
