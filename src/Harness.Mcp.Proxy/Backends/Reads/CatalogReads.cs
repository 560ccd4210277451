using System.Collections.Frozen;
using System.Collections.Immutable;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>What all backends offer besides tools at one moment; replaced as a whole when something of it changes.</summary>
internal sealed class CatalogReads
{
    private readonly FrozenDictionary<BackendId, BackendReads> _byId;
    private readonly FrozenDictionary<string, (BackendReads Backend, JudgedRead Prompt)> _prompts;
    private readonly ImmutableArray<BackendReads> _bare;

    public CatalogReads(long version, IEnumerable<BackendReads> backends)
    {
        Version = version;
        Backends = [.. backends.OrderBy(backend => backend.Id.Value, StringComparer.Ordinal)];
        _byId = Backends.ToFrozenDictionary(backend => backend.Id);
        _bare = [.. Backends.Where(backend => backend.Form == NameForm.Bare && backend.Offers.HasResources)];
        _prompts = Shown(Backends).ToFrozenDictionary(pair => pair.Name, pair => (pair.Backend, pair.Prompt), StringComparer.Ordinal);
    }

    public static CatalogReads Empty { get; } = new(0, []);

    public long Version { get; }

    /// <summary>Sorted by name.</summary>
    public ImmutableArray<BackendReads> Backends { get; }

    public BackendReads? Find(BackendId backend) => _byId.GetValueOrDefault(backend);

    /// <summary>The prompts by the names that agents see.</summary>
    public IEnumerable<(string Name, BackendReads Backend, JudgedRead Prompt)> Prompts => _prompts.Select(pair => (pair.Key, pair.Value.Backend, pair.Value.Prompt));

    public (BackendReads Backend, JudgedRead Prompt)? FindPrompt(string exposedName) => _prompts.TryGetValue(exposedName, out var found) ? found : null;

    /// <summary>
    /// The backend that an exposed URI is of, and the URI as that backend writes it. A URI without a backend's name is of the one backend with bare
    /// names, or of the one of them that knows it.
    /// </summary>
    /// <returns>Null where there is no such backend, or no telling which.</returns>
    public (BackendReads Backend, string Uri)? FindResource(string exposed)
    {
        if (ResourceUri.Split(exposed) is (var backend, var own) && Find(backend) is { Form: NameForm.Prefixed, Offers.HasResources: true } named)
            return (named, own);
        if (_bare is [var only])
            return (only, exposed);
        var knowing = _bare.Where(one => one.Lists(exposed) || one.Templates.Any(template => template.Pattern!.Matches(exposed))).Take(2).ToList();
        return knowing is [var one] ? (one, exposed) : null;
    }

    /// <summary>The template that an exposed one is of; null where there is none, or several.</summary>
    public (BackendReads Backend, JudgedRead Template)? FindTemplate(string exposed)
    {
        if (ResourceUri.Split(exposed) is (var backend, var own) && Find(backend) is { Form: NameForm.Prefixed } named)
            return named.FindTemplate(own) is { } template ? (named, template) : null;
        var knowing = (from one in _bare let found = one.FindTemplate(exposed) where found is not null select (one, found)).Take(2).ToList();
        return knowing is [var found1] ? found1 : null;
    }

    /// <summary>Of prompts that would be shown by one name none is, as with tools; what nobody approved claims no name.</summary>
    private static IEnumerable<(string Name, BackendReads Backend, JudgedRead Prompt)> Shown(ImmutableArray<BackendReads> backends) =>
        from backend in backends
        from prompt in backend.Prompts
        group (Backend: backend, Prompt: prompt) by ExposedNames.Of(new ToolId(backend.Id, prompt.Name), backend.Form) into same
        let claimants = same.Where(one => one.Prompt.Standing != ToolStanding.Unapproved).ToList()
        where claimants.Count == 1 || (claimants.Count == 0 && same.Count() == 1)
        let shown = claimants.Count == 1 ? claimants[0] : same.First()
        select (same.Key, shown.Backend, shown.Prompt);
}

/// <summary>The catalog of reads in force.</summary>
internal interface IReadCatalog
{
    CatalogReads Reads { get; }

    /// <summary>Raised after lists changed, with those that did; may be raised on any thread, and must not be blocked.</summary>
    event Action<ListKinds>? ReadsChanged;
}
