using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Snapshots;

/// <summary>
/// What a mission remembered at one version of its chain: a shortcut for the next start, never a record. Where it cannot be read, the chain
/// is folded from its first link instead.
/// </summary>
/// <param name="Version">Of the last link that it takes in.</param>
/// <param name="Links">Versions of the links, ascending, that must be at hand to read it: what it names it does not repeat.</param>
/// <param name="State">In a form that this version of the program alone reads.</param>
public sealed record MissionSnapshot(MissionId Mission, long Version, ImmutableArray<long> Links, ReadOnlyMemory<byte> State);
