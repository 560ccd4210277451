using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Store.Verification;

namespace Harness.Mcp.Demo;

/// <summary>What must have happened for the demo to have shown what it promises.</summary>
internal static class DemoExpectations
{
    private const int BackendsLeast = 4;
    private const string Rule = "no-leak";

    private static readonly ToolId Leak = new(new BackendId("mail"), "send");
    private static readonly ToolId Personal = new(new BackendId("hr"), "get_employee");

    /// <summary>The denial that the demo is about; null where there is none.</summary>
    public static DeniedStep? Stop(ChainStory story) => story.Denied.FirstOrDefault(denied => denied.Call.Tool?.Id == Leak);

    /// <param name="isScripted">A real model may take other ways, so only what must never happen is asked of it.</param>
    /// <returns>What went wrong, in words; empty for a demo that went as it should.</returns>
    public static ImmutableArray<string> Unmet(
        ChainStory story, ChainFinding finding, Func<CallId, ImmutableArray<Activity>> spansOf, int agentExitCode, bool isScripted)
    {
        var unmet = ImmutableArray.CreateBuilder<string>();
        if (agentExitCode != 0)
            unmet.Add($"The agent ended with exit code {agentExitCode}.");
        if (finding is not ChainFinding.Whole)
            unmet.Add("The chain is not whole.");
        if (story.Pending > 0)
            unmet.Add($"{story.Pending} permitted calls have no end.");
        if (story.Permitted.Any(step => step.Call.Tool.Id == Leak))
            unmet.Add($"A call of {Leak} was permitted.");
        if (!isScripted)
            return unmet.ToImmutable();

        var backends = story.Permitted.Where(step => step.End.Outcome == CallOutcome.Ok).Select(step => step.Call.Tool.Id.Backend).Distinct().Count();
        if (backends < BackendsLeast)
            unmet.Add($"Permitted calls reached {backends} backends, not {BackendsLeast} or more.");
        foreach (var step in story.Permitted.Where(step => step.End.Outcome != CallOutcome.Ok))
            unmet.Add($"The call of {step.Call.Tool.Id} at link {step.Version} ended {step.End.Outcome.ToString().ToLowerInvariant()}: {step.End.Error}");
        foreach (var denied in story.Denied.Where(denied => denied.Call.Tool?.Id != Leak))
            unmet.Add($"The call of {denied.Call.AskedFor} at link {denied.Version} was denied ({denied.Call.Denial.Reason}): {denied.Call.Denial.Say}");

        if (Stop(story) is not { } stop)
            unmet.Add("The planted instruction led to no denied call.");
        else
            unmet.AddRange(UnmetBy(stop, story, spansOf(stop.Call.Call)));
        return unmet.ToImmutable();
    }

    private static IEnumerable<string> UnmetBy(DeniedStep stop, ChainStory story, ImmutableArray<Activity> spans)
    {
        var denial = stop.Call.Denial;
        if (denial.Reason != ReasonCode.FlowForbidden || denial.Rule?.Value != Rule)
            yield return $"The leak was denied by {denial.Rule?.Value ?? "no rule"} as {denial.Reason}, not by {Rule} as {ReasonCode.FlowForbidden}.";
        var source = story.Permitted.FirstOrDefault(step => step.Call.Tool.Id == Personal);
        if (source is null || !denial.Because.Contains(source.Version))
            yield return "The denial does not name the link that read the personal data.";
        if (!spans.Any(span => span.DisplayName.StartsWith("authorize ", StringComparison.Ordinal)))
            yield return "The denied call left no decision span.";
        if (spans.Any(span => span.Kind == ActivityKind.Client))
            yield return "The denied call has a CLIENT span.";
    }
}
