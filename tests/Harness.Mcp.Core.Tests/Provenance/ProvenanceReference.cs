using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Tests.Provenance;

/// <summary>
/// What the index must say of a value, found by reading the whole chain again for each question. It knows the simple values of
/// <see cref="ProvenanceAgreementTests"/> alone: words, short numbers and addresses, with single spaces between them.
/// </summary>
internal sealed class ProvenanceReference(IReadOnlyList<Link> links)
{
    /// <summary>Every place where the values stand beside each other and did not just come back to the call that had sent them.</summary>
    public IEnumerable<Occurrence> Of(string value)
    {
        var wanted = Split(value);
        foreach (var (name, text) in Texts(((LinkBody.MissionOpened)links[0].Body).Inputs, ""))
            if (IsIn(wanted, Split(text)))
                yield return new Occurrence(null, name, [], IsTrusted: true);

        foreach (var part in OfParts(wanted))
            yield return part;
        foreach (var (link, admitted, settled) in Calls())
        {
            var sent = Texts(admitted.Arguments, "").SelectMany(text => Split(text.Text)).ToHashSet(StringComparer.Ordinal);
            if (settled.Result is not { } result || Array.TrueForAll(wanted, sent.Contains))
                continue;
            foreach (var (path, text) in Texts(result, ""))
            {
                var labels = LabelsAt(admitted.Tool, path);
                if (IsInsideOfAName(wanted, Split(text), labels, admitted.Tool, settled.Outcome))
                    labels = [.. labels, LabelNames.Untrusted];
                if (IsIn(wanted, Split(text)))
                    yield return new Occurrence(admitted.Tool.Id, path, labels, settled.Outcome == CallOutcome.Ok && !labels.Contains(LabelNames.Untrusted))
                    { Link = link };
            }
        }
    }

    /// <summary>What backends asked during their calls, and what the agent answered.</summary>
    private IEnumerable<Occurrence> OfParts(string[] wanted)
    {
        foreach (var link in links)
        {
            var (call, part, labels) = link.Body switch
            {
                LinkBody.InputAsked asked => (asked.Call, asked.Asked, asked.Labels),
                LinkBody.InputGiven { Given: { } value } given => (given.Call, value, given.Labels),
                _ => default,
            };
            if (part.ValueKind == JsonValueKind.Undefined)
                continue;
            var (version, admitted) = links.Where(earlier => earlier.Body is LinkBody.CallAdmitted one && one.Call == call).Select(earlier => (earlier.Version, (LinkBody.CallAdmitted)earlier.Body)).Single();
            var all = link.Body is LinkBody.InputAsked ? labels.Union(admitted.Tool.Labels.All).ToArray() : [.. labels];
            var sent = Texts(admitted.Arguments, "").SelectMany(text => Split(text.Text)).ToHashSet(StringComparer.Ordinal);
            if (Array.TrueForAll(wanted, sent.Contains))
                continue;
            foreach (var (path, text) in Texts(part, ""))
                if (IsIn(wanted, Split(text)))
                    yield return new Occurrence(admitted.Tool.Id, path, all, !all.Contains(LabelNames.Untrusted)) { Link = version, IsPart = true };
        }
    }

    public bool IsTrusted(string value) => Of(value).Any(occurrence => occurrence.IsTrusted);

    /// <summary>The value itself, or an address in it, is known as untrusted alone.</summary>
    public bool IsTainted(string value) =>
        IsTaintedItself(value) || Split(value).Where(part => part.Contains('@', StringComparison.Ordinal)).Any(IsTaintedItself);

    public bool IsLabelledAlways(string value, string label) =>
        Of(value).ToList() is { Count: > 0 } found && found.TrueForAll(occurrence => occurrence.Labels.Contains(label, StringComparer.Ordinal));

    private bool IsTaintedItself(string value) =>
        !IsTrusted(value) && Of(value).Any(occurrence => occurrence.Labels.Contains(LabelNames.Untrusted, StringComparer.Ordinal));

    private IEnumerable<(long Link, LinkBody.CallAdmitted Admitted, LinkBody.CallSettled Settled)> Calls() =>
        from link in links
        where link.Body is LinkBody.CallAdmitted
        let admitted = (LinkBody.CallAdmitted)link.Body
        from later in links
        where later.Body is LinkBody.CallSettled settled && settled.Call == admitted.Call
        select (link.Version, admitted, (LinkBody.CallSettled)later.Body);

    /// <summary>A trusted field of an untrusted result vouches for its value as a whole alone, and only where the call ended well.</summary>
    private static bool IsInsideOfAName(string[] wanted, string[] text, string[] labels, ToolFacts tool, CallOutcome outcome) =>
        text.Length > 1
        && (wanted.Length < text.Length || outcome != CallOutcome.Ok)
        && tool.Labels.Whole.Contains(LabelNames.Untrusted, StringComparer.Ordinal)
        && !labels.Contains(LabelNames.Untrusted, StringComparer.Ordinal);

    private static string[] LabelsAt(ToolFacts tool, string path)
    {
        FieldLabels? longest = null;
        foreach (var field in tool.Labels.Fields)
            if ((path == field.Path.Text || path.StartsWith($"{field.Path.Text}.", StringComparison.Ordinal) || path.StartsWith($"{field.Path.Text}[", StringComparison.Ordinal))
                && field.Path.Text.Length > (longest?.Path.Text.Length ?? -1))
                longest = field;
        return [.. longest?.Labels ?? tool.Labels.Whole];
    }

    private static IEnumerable<(string Path, string Text)> Texts(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Texts(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}")),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(item => Texts(item, $"{path}[]")),
        JsonValueKind.String => [(path, value.GetString()!)],
        JsonValueKind.Number => [(path, Number(value.GetRawText()))],
        _ => [],
    };

    private static string[] Split(string text) =>
        [.. text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];

    /// <summary>A number by its value; anything else as it is.</summary>
    private static string Number(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number)
        ? number.ToString("G29", CultureInfo.InvariantCulture)
        : text;

    private static bool IsIn(string[] wanted, string[] text) =>
        Enumerable.Range(0, Math.Max(0, text.Length - wanted.Length + 1)).Any(start => text.AsSpan(start, wanted.Length).SequenceEqual(wanted));
}

internal sealed record Occurrence(ToolId? Tool, string Path, IReadOnlyList<string> Labels, bool IsTrusted)
{
    public long Link { get; init; }

    /// <summary>Asked or answered during the call, and no part of its result.</summary>
    public bool IsPart { get; init; }
}
