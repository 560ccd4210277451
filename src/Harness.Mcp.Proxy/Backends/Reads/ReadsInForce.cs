namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>The catalog of reads, replaced as a whole, and what changed with it: told by digests, so that a list that came again is no change.</summary>
internal sealed class ReadsInForce
{
    private CatalogReads _current = CatalogReads.Empty;
    private (string Resources, string Templates, string Prompts) _seen = ("", "", "");

    public CatalogReads Current => Volatile.Read(ref _current);

    /// <summary>Not to be called side by side.</summary>
    /// <returns>The lists that changed.</returns>
    public ListKinds Replace(IEnumerable<BackendReads> backends)
    {
        // What owners say may have changed without any list: the snapshot is always the newest.
        var next = new CatalogReads(_current.Version + 1, backends);
        Volatile.Write(ref _current, next);

        var before = _seen;
        _seen = (Joined(next, backend => backend.Digests.Resources), Joined(next, backend => backend.Digests.Templates), Joined(next, backend => backend.Digests.Prompts));
        return Kind(before.Resources, _seen.Resources, ListKinds.Resources)
            | Kind(before.Templates, _seen.Templates, ListKinds.Templates)
            | Kind(before.Prompts, _seen.Prompts, ListKinds.Prompts);
    }

    private static ListKinds Kind(string before, string after, ListKinds kind) => string.Equals(before, after, StringComparison.Ordinal) ? ListKinds.None : kind;

    private static string Joined(CatalogReads catalog, Func<BackendReads, string> digest) =>
        string.Join('\n', from backend in catalog.Backends let list = digest(backend) where list.Length > 0 select $"{backend.Id} {backend.Form} {list}");
}
