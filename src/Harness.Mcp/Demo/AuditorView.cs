using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Store.Verification;
using Spectre.Console;

namespace Harness.Mcp.Demo;

/// <summary>What is left when all is over, as an auditor gets it: the reason of the stop, the chain, its verification, the trace.</summary>
internal sealed class AuditorView(IAnsiConsole console, ChainStory story)
{
    private const int DigestDigits = 12;

    /// <summary>Why a call was stopped, and what led there.</summary>
    public void ShowDenial(DeniedStep denied)
    {
        var denial = denied.Call.Denial;
        Fact("call", denied.Call.Tool?.Id.ToString() ?? denied.Call.AskedFor);
        Fact("reason", denial.Reason.Value);
        Fact("rule", denial.Rule?.Value ?? "none");
        if (denial.Argument is { } argument)
            Fact("argument", argument);
        Fact("the agent was told", denial.Say);
        foreach (var version in denial.Because)
            Fact("because of", $"link {version.ToString(CultureInfo.InvariantCulture)}, {story.Describe(version)}{Labels(version)}");
        Fact("reached the backend", "no: the chain has no admitted link of this call, the trace no CLIENT span");
    }

    /// <summary>Every link, with the digest that the next one carries.</summary>
    public void ShowChain()
    {
        // The narrower the window, the fewer columns, from the right: a cut-off cell says nothing.
        string[] names = ["link", "tool", "what", "because", "digest", "previous", "time"];
        names = [.. names.Take(console.Profile.Width switch { < 80 => 3, < 110 => 5, _ => names.Length })];
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in names)
            table.AddColumn(new TableColumn(name).NoWrap());

        var tools = new Dictionary<CallId, string>();
        foreach (var sealedLink in story.Links)
        {
            var link = sealedLink.Link;
            var (tool, what, because) = link.Body switch
            {
                LinkBody.CallAdmitted admitted => (tools[admitted.Call] = admitted.Tool.Id.ToString(), "call admitted", ""),
                LinkBody.CallRefused refused => (
                    refused.Tool?.Id.ToString() ?? refused.AskedFor,
                    $"call refused: {refused.Denial.Rule?.Value ?? refused.Denial.Reason.Value}",
                    string.Join(' ', refused.Denial.Because.Select(version => version.ToString(CultureInfo.InvariantCulture)))),
                LinkBody.CallSettled settled => (
                    tools.GetValueOrDefault(settled.Call, ""),
                    string.Join(", ", settled.Labels.Prepend($"settled {settled.Outcome.ToString().ToLowerInvariant()}")),
                    ""),
                _ => ("", DemoScreen.Words(link.Body), ""),
            };
            string[] cells =
            [
                link.Version.ToString(CultureInfo.InvariantCulture),
                tool,
                what,
                because,
                Short(sealedLink.Digest.Value),
                Short(link.Previous.Value),
                link.Time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
            ];
            table.AddRow([.. cells.Take(names.Length).Select(cell => new Markup(Markup.Escape(Terminal.Visible(cell)), link.Body is LinkBody.CallRefused ? new Style(Color.Red) : Style.Plain))]);
        }

        console.Write(table);
    }

    public void ShowVerification(ChainFinding finding) => Fact("chain", finding switch
    {
        ChainFinding.Whole whole => $"whole: {whole.Links.ToString(CultureInfo.InvariantCulture)} links, head {whole.Head}",
        ChainFinding.Broken broken => $"BROKEN at link {broken.Version.ToString(CultureInfo.InvariantCulture)}: {broken.Why}",
        ChainFinding.Unreadable unreadable => $"unreadable: {unreadable.Why}",
        _ => throw new UnreachableException(),
    });

    /// <summary>The spans of one call with their attributes, as any OTLP viewer shows them.</summary>
    public void ShowTrace(ImmutableArray<Activity> spans)
    {
        if (spans.IsEmpty)
        {
            console.MarkupLine("No spans were recorded for this call.");
            return;
        }

        var request = spans[0];
        console.MarkupLineInterpolated($"trace {request.TraceId}, below the agent's own span {request.ParentSpanId}");
        foreach (var span in spans)
        {
            var indent = ReferenceEquals(span, request) ? "  " : "    ";
            console.MarkupLineInterpolated(
                $"{indent}[bold]{span.Kind.ToString().ToUpperInvariant()} {span.DisplayName}[/]  {span.Duration.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms");
            foreach (var (name, value) in span.TagObjects.OrderBy(tag => tag.Key, StringComparer.Ordinal))
                console.MarkupLineInterpolated($"{indent}    {name} = {Terminal.Visible(Text(value))}");
            foreach (var link in span.Links)
                console.MarkupLineInterpolated($"{indent}    link to span {link.Context.SpanId} of trace {link.Context.TraceId}: the call before it in the chain");
        }
    }

    /// <summary>The names alone of a permitted call's spans, for comparison.</summary>
    public void ShowTraceNames(PermittedStep permitted, ImmutableArray<Activity> spans) => console.MarkupLineInterpolated(
        $"For comparison, link {permitted.Version}, {permitted.Call.Tool.Id}: {string.Join(" > ", spans.Select(span => $"{span.Kind.ToString().ToUpperInvariant()} {span.DisplayName}"))}");

    private void Fact(string name, string value) => console.MarkupLineInterpolated($"  {name,-20} [bold]{Terminal.Visible(value)}[/]");

    private string Labels(long version)
    {
        foreach (var step in story.Permitted)
            if (step.Version == version && !step.End.Labels.IsEmpty)
                return $", which brought {string.Join(", ", step.End.Labels)}";
        return "";
    }

    private static string Short(string digest) => digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..][..DigestDigits];

    private static string Text(object? value) => value is System.Collections.IEnumerable many and not string
        ? string.Join(", ", many.Cast<object?>())
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
