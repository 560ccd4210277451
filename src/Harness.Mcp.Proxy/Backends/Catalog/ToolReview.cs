using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>A tool with its standing; the definition is the approved one where there is one.</summary>
internal sealed record JudgedTool(ToolDefinition Definition, ToolStanding Standing);

/// <summary>What a backend lists, held against what was approved.</summary>
/// <param name="Approved">Pins to write, where the backend is seen for the first time; null for no change.</param>
/// <param name="Pending">Definitions that wait for approval.</param>
internal sealed record ToolReview(ImmutableArray<JudgedTool> Tools, PinFile? Approved, PinFile Pending)
{
    public const string FirstUse = "first-use";

    /// <param name="pins">Null where nothing was ever approved.</param>
    /// <param name="arePinsReadable">False where the pins exist and cannot be read: nothing counts as approved, and nothing is written over them.</param>
    /// <param name="refuse">Told of pinned definitions that are not fit any more.</param>
    public static ToolReview Of(
        BackendConfig config,
        ImmutableArray<ToolDefinition> listed,
        PinFile? pins,
        bool arePinsReadable,
        DateTimeOffset now,
        Action<string, string> refuse)
    {
        var isFirstUse = config.Pins == PinPolicy.FirstUse && pins is null && arePinsReadable;
        var tools = ImmutableArray.CreateBuilder<JudgedTool>();
        var approved = ImmutableSortedDictionary.CreateBuilder<string, Pin>(StringComparer.Ordinal);
        var pending = ImmutableSortedDictionary.CreateBuilder<string, Pin>(StringComparer.Ordinal);
        foreach (var tool in listed)
        {
            var pin = pins?.Tools.GetValueOrDefault(tool.Name);
            var approvedDigest = config.Pins == PinPolicy.Explicit ? config.PinOf(tool.Name)?.Value : pin?.Digest;
            if (isFirstUse)
                approved[tool.Name] = new Pin(tool.Digest.Value, now, FirstUse, tool.Json);

            if (isFirstUse || string.Equals(approvedDigest, tool.Digest.Value, StringComparison.Ordinal))
            {
                tools.Add(new JudgedTool(tool, ToolStanding.Approved));
                if (config.Pins == PinPolicy.Explicit && pin?.Digest != tool.Digest.Value)
                    approved[tool.Name] = new Pin(tool.Digest.Value, now, "servers.config", tool.Json);
                continue;
            }

            pending[tool.Name] = new Pin(tool.Digest.Value, now, "", tool.Json);
            if (approvedDigest is null)
                tools.Add(new JudgedTool(tool, ToolStanding.Unapproved));
            else
                tools.Add(new JudgedTool(ApprovedDefinition(config, tool.Name, pin, approvedDigest, refuse) ?? tool, ToolStanding.Drifted));
        }

        if (config.Pins == PinPolicy.Explicit && approved.Count > 0 && pins is not null)
            foreach (var (name, pin) in pins.Tools)
                approved.TryAdd(name, pin);

        var write = arePinsReadable && approved.Count > 0 ? new PinFile(config.Id.Value, approved.ToImmutable()) : null;
        return new ToolReview(tools.ToImmutable(), write, new PinFile(config.Id.Value, pending.ToImmutable()));
    }

    /// <summary>The tools of a backend that has not listed anything yet, as they were approved.</summary>
    public static ImmutableArray<JudgedTool> FromPins(BackendConfig config, PinFile? pins, Action<string, string> refuse)
    {
        var tools = ImmutableArray.CreateBuilder<JudgedTool>();
        foreach (var (name, pin) in pins?.Tools ?? ImmutableSortedDictionary<string, Pin>.Empty)
        {
            var digest = config.Pins == PinPolicy.Explicit ? config.PinOf(name)?.Value : pin.Digest;
            if (ApprovedDefinition(config, name, pin, digest, refuse) is { } definition)
                tools.Add(new JudgedTool(definition, ToolStanding.Approved));
        }

        return tools.ToImmutable();
    }

    /// <summary>The definition that was approved; null where it is not kept, or where the file was changed behind its digest.</summary>
    private static ToolDefinition? ApprovedDefinition(BackendConfig config, string name, Pin? pin, string? digest, Action<string, string> refuse) =>
        pin is not null && digest is not null && Digest.Of(pin.Definition).Value == digest
            ? ReadDefinition.OfPin(name, pin.Definition, config.Id.Value, refuse)
            : null;
}
