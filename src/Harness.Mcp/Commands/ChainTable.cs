using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;
using Spectre.Console;
using Link = Harness.Mcp.Core.Chains.Link;

namespace Harness.Mcp.Commands;

/// <summary>A chain as a table, one row a link.</summary>
internal sealed class ChainTable
{
    private static readonly Style Plain = Style.Plain;
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red);
    private static readonly Style Warning = new(Color.Yellow);
    private static readonly Style Dim = new(decoration: Decoration.Dim);

    private readonly Table _table = new() { Border = TableBorder.None, ShowHeaders = true };

    // Admitted calls, so that a settled link can name its tool.
    private readonly Dictionary<CallId, (long Version, string Tool)> _admitted = [];

    public ChainTable()
    {
        _table.AddColumn(new TableColumn(new Text("link", Dim)) { NoWrap = true, Alignment = Justify.Right });
        _table.AddColumn(new TableColumn(new Text("time", Dim)) { NoWrap = true });
        _table.AddColumn(new TableColumn(new Text("what", Dim)) { NoWrap = true });
        _table.AddColumn(new TableColumn(new Text("tool", Dim)));
        _table.AddColumn(new TableColumn(new Text("details", Dim)));
    }

    public Table Rendered => _table;

    public void Add(StoredRecord record)
    {
        Link link;
        try
        {
            link = LinkCodec.Open(record.Bytes).Link;
        }
        catch (FormatException unreadable)
        {
            Row(record.Version, "", ("unreadable", Bad), "", unreadable.Message);
            return;
        }

        var (what, tool, details) = Describe(link);
        Row(record.Version, MissionWords.Of(link.Time), what, tool, details);
    }

    private ((string Text, Style Style) What, string Tool, string Details) Describe(Link link)
    {
        switch (link.Body)
        {
            case LinkBody.MissionOpened opened:
                return (("opened", Good), "", $"by {opened.By}, until {MissionWords.Of(opened.ExpiresAt)}, inputs {ChainWords.Json(opened.Inputs)}{Sources(opened.Sources, ", under ")}");
            case LinkBody.MissionSuspended(var by, var why):
                return (("suspended", Warning), "", Command(by, why));
            case LinkBody.MissionResumed(var by, var why):
                return (("resumed", Good), "", Command(by, why));
            case LinkBody.MissionCompleted(var by, var why):
                return (("completed", Plain), "", Command(by, why));
            case LinkBody.MissionRevoked(var by, var why):
                return (("revoked", Bad), "", Command(by, why));
            case LinkBody.RulesTightened tightened:
                return (("rules added", Warning), "", $"{Sources(tightened.Sources, "by ")}: they hold from here on, beside all rules before");
            case LinkBody.CallAdmitted admitted:
                _admitted[admitted.Call] = (link.Version, admitted.Tool.Id.ToString());
                return (
                    ("permitted", Good),
                    admitted.Tool.Id.ToString(),
                    $"{ChainWords.Json(admitted.Arguments)} by {admitted.Agent}{Approved(admitted)}{Kept(admitted)}{Shadow(admitted.Shadow)}");
            case LinkBody.CallRefused refused:
                return (("denied", Bad), refused.Tool?.Id.ToString() ?? refused.AskedFor, Refusal(refused));
            case LinkBody.CallSettled settled:
                return Settled(settled);
            case LinkBody.InputAsked input:
                return (("asks agent", Warning), ToolOf(input.Call), $"{Question(input.Call, input.Round)}, until {MissionWords.Of(input.ExpiresAt)}{Labels(input.Labels)}; {ChainWords.Json(input.Asked)}");
            case LinkBody.InputGiven given:
                return (("agent answers", Plain), ToolOf(given.Call), $"{Question(given.Call, given.Round)}{Labels(given.Labels)}{(given.Given is { } value ? $"; {ChainWords.Json(value)}" : "")}");
            case LinkBody.InputRefused unanswered:
                return (("no answer", Bad), ToolOf(unanswered.Call), $"{Question(unanswered.Call, unanswered.Round)}; {Reason(unanswered.Denial)}{Because(unanswered.Denial)}; \"{unanswered.Denial.Say}\"");
            case LinkBody.TaskOpened opened:
                return (("answers later", Plain), ToolOf(opened.Call), Task(opened.Call, opened.ExpiresAt, opened.Message, opened.Labels));
            case LinkBody.TaskReported reported:
                return (("reports", Plain), ToolOf(reported.Call), Task(reported.Call, reported.ExpiresAt, reported.Message, reported.Labels));
            case LinkBody.ObligationMissed(var obligation, var why):
                return (("missed", Bad), "", $"what rule {obligation.Rule} demands after link {obligation.Call.ToString(CultureInfo.InvariantCulture)}: {why}");
            case LinkBody.ApprovalRequested asked:
                return (("asked", Warning), asked.Tool.Id.ToString(), Asked(asked));
            case LinkBody.ApprovalGranted(var request, var by, var why):
                return (("approved", Good), "", $"link {request.ToString(CultureInfo.InvariantCulture)} {Command(by, why)}");
            case LinkBody.ApprovalRefused(var request, var by, var why):
                return (("not approved", Bad), "", $"link {request.ToString(CultureInfo.InvariantCulture)} {Command(by, why)}");
            default:
                return (("unknown", Bad), "", "");
        }
    }

    private string ToolOf(CallId call) => _admitted.GetValueOrDefault(call, (0, "?")).Item2;

    private string Question(CallId call, int round) =>
        $"question {round.ToString(CultureInfo.InvariantCulture)} of link {_admitted.GetValueOrDefault(call).Version.ToString(CultureInfo.InvariantCulture)}";

    private string Task(CallId call, DateTimeOffset expiresAt, string? message, ImmutableArray<string> labels) =>
        $"task of link {_admitted.GetValueOrDefault(call).Version.ToString(CultureInfo.InvariantCulture)}, until {MissionWords.Of(expiresAt)}{Labels(labels)}{(message is null ? "" : $"; \"{message}\"")}";

    private static string Labels(ImmutableArray<string> labels) => labels.IsEmpty ? "" : $"; labels {string.Join(", ", labels)}";

    private ((string Text, Style Style) What, string Tool, string Details) Settled(LinkBody.CallSettled settled)
    {
        var (version, tool) = _admitted.GetValueOrDefault(settled.Call, (0, "?"));
        var details = new List<string> { $"answers link {version.ToString(CultureInfo.InvariantCulture)}" };
        if (!settled.Labels.IsEmpty)
            details.Add($"labels {string.Join(", ", settled.Labels)}");
        if (settled.Error is { } error)
            details.Add(error);
        if (settled.Result is { } result)
            details.Add(ChainWords.Json(result));
        (string, Style) what = settled.Outcome switch
        {
            CallOutcome.Ok => ("ok", Plain),
            CallOutcome.Error => ("error", Warning),
            _ => ("outcome unknown", Warning),
        };
        return (what, tool, string.Join("; ", details));
    }

    private static string Sources(ImmutableArray<RecordedSource> sources, string before) => sources.IsEmpty
        ? ""
        : before + string.Join(", ", sources.Select(source => source.Name == RuleSource.Guardrails ? source.Name : $"the terms of {source.Name}"));

    private static string Shadow(ImmutableArray<Denial> shadow) =>
        string.Concat(shadow.Select(denial => $"; in shadow: {Reason(denial)}{Because(denial)}"));

    private static string Approved(LinkBody.CallAdmitted admitted) =>
        admitted.Approval is { } request ? $", as link {request.ToString(CultureInfo.InvariantCulture)} was approved" : "";

    private static string Kept(LinkBody.CallAdmitted admitted) => admitted.Obligation is { } obligation
        ? $", as rule {obligation.Rule} demands after link {obligation.Call.ToString(CultureInfo.InvariantCulture)}"
        : "";

    private static string Asked(LinkBody.ApprovalRequested asked)
    {
        var details = asked.Asks.Select(ask => $"{string.Join(" or ", ask.By)} for {ask.Rule}: \"{ask.Why}\"").ToList();
        if (!asked.Because.IsEmpty)
            details.Add($"because of link{(asked.Because.Length == 1 ? "" : "s")} {string.Join(", ", asked.Because)}");
        details.Add($"until {MissionWords.Of(asked.ExpiresAt)}");
        details.Add(ChainWords.Json(asked.Arguments));
        return $"{string.Join("; ", details)} by {asked.Agent}";
    }

    private static string Refusal(LinkBody.CallRefused refused)
    {
        var denial = refused.Denial;
        var details = new List<string> { Reason(denial) + Because(denial) };
        details.Add($"\"{denial.Say}\"");
        if (refused.Arguments is { } arguments)
            details.Add(ChainWords.Json(arguments));
        return $"{string.Join("; ", details)} by {refused.Agent}";
    }

    private static string Because(Denial denial) => denial.Because.IsEmpty
        ? ""
        : $"; because of link{(denial.Because.Length == 1 ? "" : "s")} {string.Join(", ", denial.Because)}";

    private static string Reason(Denial denial)
    {
        var rule = denial.Rule is { } id ? $" by rule {id}" : "";
        var argument = denial.Argument is { } path ? $" for argument {path}" : "";
        return $"{denial.Reason}{rule}{argument}";
    }

    private static string Command(string by, string why) => why.Length == 0 ? $"by {by}" : $"by {by}: {why}";

    private void Row(long version, string time, (string Text, Style Style) what, string tool, string details) => _table.AddRow(
        new Text(version.ToString(CultureInfo.InvariantCulture), Dim),
        new Text(time, Dim),
        new Text(what.Text, what.Style),
        new Text(Terminal.Visible(tool)),
        new Text(Terminal.Visible(details)));
}
