namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// The texts of the mission's inputs, as entries of the lexicon. They are few and never change, so a look-up reads them from end to end; in
/// return no flood of results can push them out of reach.
/// </summary>
internal sealed class InputTexts
{
    private readonly List<(int[] Values, TextOrigin Origin)> _texts = [];

    public void Add(ReadOnlySpan<int> values, in TextOrigin origin) => _texts.Add((values.ToArray(), origin));

    public Origin Find(ReadOnlySpan<int> entries)
    {
        var found = Origin.Unknown;
        foreach (var (values, origin) in _texts)
            if (values.AsSpan().IndexOf(entries) >= 0)
                found = found.With(origin);
        return found;
    }
}
