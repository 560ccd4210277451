using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `then: { tools: […], same: […], within: 1h, otherwise: run }`: a call that ended well must be followed by one of the tools with equal
/// arguments `same`, admitted later, that ends well too. Where that has not come within the time, or the mission stops before, the
/// proxy makes the call itself (`run`), once, or records that it is missing (`report`). The rule denies nothing on that account.
/// </summary>
/// <param name="Within">Counts from the admission of the first call.</param>
/// <param name="With">Constants that the proxy's own call carries besides `same`; null for none. A JSON object.</param>
public sealed record Then(
    ImmutableArray<Placed<ToolSelector>> Tools, ImmutableArray<FieldPath> Same, TimeSpan Within, Otherwise Otherwise, JsonElement? With) : RuleForm
{
    public override string Key => "then";

    /// <summary>The tool that the proxy itself calls; null where a missing call is reported.</summary>
    public ToolId? Compensation => Otherwise == Otherwise.Run && Tools is [{ Value: ToolSelector.ByName(var tool) }] ? tool : null;

    /// <summary>The top-level arguments that the proxy's own call has.</summary>
    public IEnumerable<string> ArgumentsFilled => Same.Select(path => path.Root!)
        .Concat(With is { } with ? with.EnumerateObject().Select(constant => constant.Name) : [])
        .Distinct(StringComparer.Ordinal);

    internal override ImmutableArray<FieldPath> ArgumentsRead => Same;

    internal override ImmutableArray<Placed<ToolSelector>> ToolsNamed => Tools;

    /// <summary>What is to come cannot be said of the chain so far.</summary>
    public override string? ToCel(Rule rule) => null;

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new ObligationMonitor(rule, this, calls.KeyOf(Same));

    /// <summary>The arguments of the call that closes what a call opened: the values of `same`, and the constants.</summary>
    internal JsonElement ArgumentsFor(JsonElement opening)
    {
        var fields = Same
            .Select(path => (Path: ImmutableArray.Create(path.Text.Split('.')), Value: ValueKey.Find(opening, path)))
            .Where(field => field.Value is not null)
            .Select(field => (field.Path, Raw: field.Value!.Value.GetRawText()))
            .Concat(With is { } with ? with.EnumerateObject().Select(constant => (ImmutableArray.Create(constant.Name), constant.Value.GetRawText())) : []);
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
            Write(json, [.. fields]);
        return JsonElement.Parse(output.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, List<(ImmutableArray<string> Path, string Raw)> fields)
    {
        json.WriteStartObject();
        foreach (var group in fields.GroupBy(field => field.Path[0], StringComparer.Ordinal))
        {
            json.WritePropertyName(group.Key);
            if (group.FirstOrDefault(field => field.Path.Length == 1) is { Raw: { } raw })
                json.WriteRawValue(raw); // A whole argument holds what other paths name inside it.
            else
                Write(json, [.. group.Select(field => (field.Path[1..], field.Raw))]);
        }

        json.WriteEndObject();
    }
}

/// <summary>What the proxy does when nobody else did.</summary>
public enum Otherwise
{
    /// <summary>Make the call itself.</summary>
    Run,

    /// <summary>Record that it is missing.</summary>
    Report,
}
