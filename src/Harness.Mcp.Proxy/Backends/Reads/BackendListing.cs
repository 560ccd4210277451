using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>The lists that a backend has.</summary>
[Flags]
internal enum ListKinds
{
    None = 0,
    Tools = 1,
    Resources = 2,
    Templates = 4,
    Prompts = 8,
    All = Tools | Resources | Templates | Prompts,
}

/// <summary>What a backend says that it can do, besides tools.</summary>
/// <param name="Tells">The lists whose changes it announces.</param>
/// <param name="Updates">It announces changes of single resources to whoever subscribes.</param>
/// <param name="Instructions">What it says to models about itself; null for nothing.</param>
internal sealed record ReadOffers(bool HasResources, bool HasPrompts, bool HasCompletions, ListKinds Tells, bool Updates, string? Instructions)
{
    /// <summary>It may answer calls later, by tasks, where it is told that this is understood.</summary>
    public bool Tasks { get; init; }

    public static ReadOffers None { get; } = new(false, false, false, ListKinds.None, false, null);
}

/// <summary>What a backend answered when it was asked for its lists. A list that was not asked for, or could not be had, is null: what was known of it stays.</summary>
internal sealed record BackendListing(ReadOffers Offers)
{
    public ImmutableArray<JsonElement>? Tools { get; init; }

    public ImmutableArray<JsonElement>? Resources { get; init; }

    public ImmutableArray<JsonElement>? Templates { get; init; }

    public ImmutableArray<JsonElement>? Prompts { get; init; }
}
