using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Checking;

/// <summary>
/// The reads of resources and prompts that a backend is known to have, as tools for a check. What a call reads is not known then, so one can bring
/// every label that any of them has, and that of what nobody described.
/// </summary>
internal static class KnownReads
{
    private static readonly JsonElement ResourceInput = JsonElement.Parse("""{"type":"object","properties":{"uri":{"type":"string"}},"required":["uri"],"additionalProperties":false}""");

    private static readonly JsonElement PromptInput = JsonElement.Parse(
        """{"type":"object","properties":{"name":{"type":"string"},"arguments":{"type":"object"}},"required":["name"],"additionalProperties":false}""");

    /// <param name="pinned">The names of the definitions that the backend published.</param>
    public static IEnumerable<KnownTool> Of(BackendConfig config, ImmutableArray<string> pinned)
    {
        var kinds = pinned.Select(ReadDefinition.OwnName).OfType<(ReadKind Kind, string Name)>().Select(own => own.Kind).ToHashSet();
        if (!config.Resources.IsEmpty || kinds.Contains(ReadKind.Template))
            yield return Known(config, ReservedTools.ReadResource, config.Resources.Select(resource => resource.Terms), ResourceInput);
        if (config.Prompts.IsEmpty && !kinds.Contains(ReadKind.Prompt))
            yield break;
        yield return Known(config, ReservedTools.GetPrompt, config.Prompts.Values, PromptInput);
        yield return Known(config, ReservedTools.Complete, config.Prompts.Values.Concat(config.Resources.Select(resource => resource.Terms)), null);
    }

    private static KnownTool Known(BackendConfig config, string name, IEnumerable<ToolTerms> terms, JsonElement? input)
    {
        var all = terms.ToList();
        var widest = ToolFacts.Widest(new ToolId(config.Id, name), config.Domain, Digest.Zero);
        var facts = widest with
        {
            Effect = Effect.Read,
            Sinks = [.. widest.Sinks.Concat(all.SelectMany(one => one.Sinks)).Distinct(StringComparer.Ordinal)],
            Labels = new ResultLabels(
                [.. widest.Labels.Whole.Concat(all.SelectMany(one => one.Labels).Concat(all.SelectMany(one => one.Fields).SelectMany(field => field.Labels))).Distinct(StringComparer.Ordinal)], []),
        };
        return new KnownTool(facts, input, null, IsDescribed: true) { AnswerLabels = config.Asks.Labels, PageHosts = config.Asks.Hosts };
    }
}
