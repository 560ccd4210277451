using CsCheck;
using Harness.Mcp.Core.Provenance;
using Xunit;

namespace Harness.Mcp.Core.Tests.Provenance;

public class LexiconTests
{
    private static readonly Gen<string> Form = Gen.String[Gen.Char['a', 'c'], 0, 20];

    [Fact]
    public void Forms_AreFoundAgain_AndNoOthers() => Gen.Select(Gen.ULong, Form.Array[0, 3_000], Form.Array[50]).Sample((key, forms, asked) =>
    {
        var lexicon = new Lexicon(key, 131_072, 1 << 20);
        var known = new Dictionary<string, int>(StringComparer.Ordinal);

        foreach (var form in forms)
            known[form] = lexicon.FindOrAdd(form);

        Assert.Equal(known.Count, known.Values.Distinct().Count());
        foreach (var form in forms.Concat(asked))
            Assert.Equal(known.GetValueOrDefault(form, -1), lexicon.Find(form));
    }, iter: 100);

    [Fact]
    public void FormThatFindsNoRoom_IsUnknown_AndThoseThereAreStay()
    {
        var lexicon = new Lexicon(7, entriesMax: 2, charsMax: 100);

        Assert.Equal([0, 1, -1, 0], [lexicon.FindOrAdd("one"), lexicon.FindOrAdd("two"), lexicon.FindOrAdd("three"), lexicon.FindOrAdd("one")]);
        Assert.True(lexicon.IsExhausted);
        Assert.Equal([-1, 1], [lexicon.Find("three"), lexicon.Find("two")]);
    }

    [Fact]
    public void Characters_AreBoundedAsWell()
    {
        var lexicon = new Lexicon(7, entriesMax: 100, charsMax: 5);

        Assert.Equal([0, -1, 1], [lexicon.FindOrAdd("abc"), lexicon.FindOrAdd("def"), lexicon.FindOrAdd("de")]);
        Assert.True(lexicon.IsExhausted);
    }
}
