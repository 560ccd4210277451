using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>The tools that a backend lists now, held against what its owner says of them and what was approved. Nothing is written.</summary>
/// <param name="Refused">Tools that are kept out of the catalog, with the reason.</param>
/// <param name="Missing">Tools that the owner describes and the backend does not list, sorted.</param>
/// <param name="PinsProblem">Why the approvals cannot be read, so that none counts; null where they can.</param>
internal sealed record ToolsAtHand(
    BackendConfig Config, ImmutableArray<JudgedTool> Tools, ImmutableArray<RefusedTool> Refused, ImmutableArray<string> Missing, bool IsFirstUse, string? PinsProblem)
{
    /// <summary>Names of the tools of which the owner says nothing: they count as the widest class.</summary>
    public IEnumerable<string> Undescribed => Tools.Select(tool => tool.Definition.Name).Where(name => Config.TermsOf(name) is null);

    /// <summary>Prompts, resource templates and instructions, by the names of their pins.</summary>
    public ImmutableArray<JudgedTool> Others { get; private init; } = [];

    /// <summary>How many resources it lists now.</summary>
    public int Resources { get; private init; }

    public IEnumerable<string> Drifted => Of(ToolStanding.Drifted);

    /// <summary>Names of the tools that wait for their first approval.</summary>
    public IEnumerable<string> Unapproved => Of(ToolStanding.Unapproved);

    /// <param name="others">What it lists besides tools; null for nothing.</param>
    public static ToolsAtHand Of(BackendConfig config, ImmutableArray<JsonElement> listed, PinFolder pins, DateTimeOffset now, BackendListing? others = null)
    {
        PinFile? approved = null;
        string? problem = null;
        try
        {
            approved = pins.ReadApproved(config.Id.Value);
        }
        catch (IOException failure)
        {
            problem = failure.Message;
        }

        var refused = ImmutableArray.CreateBuilder<RefusedTool>();
        void Refuse(string tool, string why) => refused.Add(new RefusedTool(tool, why));
        var read = ToolDefinition.ReadAll(listed, config.Id.Value, Refuse);
        var reads = new[]
        {
            (ReadKind.Prompt, others?.Prompts ?? []),
            (ReadKind.Template, others?.Templates ?? []),
            (ReadKind.Instructions, others?.Offers.Instructions is { } said ? [ReadDefinition.OfInstructions(said)] : ImmutableArray<JsonElement>.Empty),
        }.SelectMany(list => ReadDefinition.ReadAll(list.Item1, list.Item2, Refuse));
        var review = ToolReview.Of(config, [.. read, .. reads], approved, problem is null, now, Refuse);
        var names = read.Select(tool => tool.Name).Concat(refused.Select(tool => tool.Name)).ToHashSet(StringComparer.Ordinal);
        return new ToolsAtHand(
            config,
            [.. review.Tools.Where(tool => tool.Definition.IsTool)],
            refused.ToImmutable(),
            [.. config.Tools.Keys.Where(name => !names.Contains(name)).Order(StringComparer.Ordinal)],
            config.Pins == PinPolicy.FirstUse && approved is null && problem is null,
            problem)
        {
            Others = [.. review.Tools.Where(tool => !tool.Definition.IsTool)],
            Resources = ListedResource.ReadAll(others?.Resources ?? [], Refuse).Length,
        };
    }

    private IEnumerable<string> Of(ToolStanding standing) => Tools.Where(tool => tool.Standing == standing).Select(tool => tool.Definition.Name);
}

/// <summary>A tool that is kept out of the catalog.</summary>
internal readonly record struct RefusedTool(string Name, string Why);
