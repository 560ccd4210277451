using System.Collections.Immutable;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>What `harness servers approve` writes: the pins with the chosen pending definitions in their place.</summary>
internal static class Approval
{
    /// <param name="chosen">Names of tools; each must be pending.</param>
    public static PinFile Of(PinFile? approved, PinFile pending, IReadOnlyCollection<string> chosen, string by, DateTimeOffset at)
    {
        var tools = (approved?.Tools ?? ImmutableSortedDictionary.Create<string, Pin>(StringComparer.Ordinal)).ToBuilder();
        foreach (var name in chosen)
            tools[name] = pending.Tools[name] with { By = by, At = at };
        return new PinFile(pending.Backend, tools.ToImmutable());
    }
}
