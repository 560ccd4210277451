using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.EndToEnd.Tests.Homes;

/// <summary>A mission's exported chain, as a program that knows only the record format reads it.</summary>
internal sealed record ChainRecords(ImmutableArray<JsonElement> Records)
{
    public IEnumerable<JsonElement> Admitted => OfKind("call_admitted");

    public IEnumerable<JsonElement> Refused => OfKind("call_refused");

    public IEnumerable<JsonElement> Settled => OfKind("call_settled");

    public static ChainRecords Read(string lines) =>
        new([.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))]);

    /// <summary>How the call of an admission ended: its `outcome`, or null where it has no settlement.</summary>
    public string? OutcomeOf(JsonElement admitted) => Settled
        .Where(settled => settled.GetProperty("call").GetString() == admitted.GetProperty("call").GetString())
        .Select(settled => settled.GetProperty("outcome").GetString())
        .SingleOrDefault();

    private IEnumerable<JsonElement> OfKind(string kind) => Records.Where(record => record.GetProperty("kind").GetString() == kind);
}
