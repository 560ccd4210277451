using CsCheck;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules.Reading;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules.Reading;

/// <summary>What rules read of a call: the same number for equal values, however they are spelled, and for no others.</summary>
public class CallReaderTests
{
    [Theory]
    [InlineData("""{"a":"x"}""", """{"a":"\u0078"}""", true)]
    [InlineData("""{"a":"x"}""", """{"\u0061":"x"}""", true)]
    [InlineData("""{"a":"x"}""", """{"a":"y","a":"x"}""", true)]
    [InlineData("""{"a":1}""", """{"a":1.0}""", true)]
    [InlineData("""{"a":{"b":1,"c":[2]}}""", """{"a":{"c":[2.0],"b":1}}""", true)]
    [InlineData("""{"a":""}""", """{"a":""}""", true)]
    [InlineData("""{"a":"1"}""", """{"a":1}""", false)]
    [InlineData("""{"a":"x"}""", """{"a":"X"}""", false)]
    [InlineData("""{"a":""}""", """{"a":" "}""", false)]
    public void Key_IsTheSame_ForEqualValuesAlone(string kept, string asked, bool areEqual)
    {
        var reader = new CallReader();
        var key = reader.KeyOf([Path("a")]);

        var number = key.Keep(ChainGiven.Link(2, "hr/get", kept), out var hasKey);
        var found = key.Find(ChainGiven.Call(arguments: asked), out var missing);

        Assert.True(hasKey);
        Assert.Null(missing);
        Assert.Equal(areEqual ? number : KeyTable.Unknown, found);
    }

    [Fact]
    public void Key_OfSeveralArguments_TellsThemApart()
    {
        var reader = new CallReader();
        var key = reader.KeyOf([Path("a"), Path("b.c"), Path("d")]);
        var number = key.Keep(ChainGiven.Link(2, "hr/get", """{"a":"1","b":{"c":"23"},"d":"4"}"""), out _);
        key.Keep(ChainGiven.Link(4, "hr/get", """{"a":"12","b":{"c":"3"},"d":"4"}"""), out _);

        int Of(string arguments) => key.Find(ChainGiven.Call(arguments: arguments), out _);

        Assert.Equal(number, Of("""{"d":"4","b":{"c":"23"},"a":"1"}"""));
        Assert.NotEqual(number, Of("""{"a":"12","b":{"c":"3"},"d":"4"}"""));
        Assert.Equal(KeyTable.Unknown, Of("""{"a":"4","b":{"c":"23"},"d":"1"}"""));
        key.Find(ChainGiven.Call(arguments: """{"a":"1","b":{},"d":"4"}"""), out var missing);
        Assert.Equal("b.c", missing?.Text);
    }

    [Fact]
    public void Key_IsReadAnew_OnceWhatIsRememberedHasChanged()
    {
        var reader = new CallReader();
        var key = reader.KeyOf([Path("a")]);
        var call = ChainGiven.Call(arguments: """{"a":"x"}""");

        var before = key.Find(call, out _);
        var number = key.Keep(ChainGiven.Link(2, "hr/get", """{"a":"x"}"""), out _);
        var after = key.Find(call, out _);

        Assert.Equal(KeyTable.Unknown, before);
        Assert.Equal(number, after);
    }

    [Fact]
    public void Atoms_ThatNothingRemembers_AreEqualAmongThemselves_AndToNoneThatIsRemembered()
    {
        var reader = new CallReader();
        var atoms = reader.AtomsOf(Path("a"));
        Assert.True(atoms.TryKeep(ChainGiven.Link(2, "hr/get", """{"a":["x"]}"""), out _));

        Assert.True(atoms.TryFind(ChainGiven.Call(arguments: """{"a":["new","x","newer","new"]}"""), out var found));

        Assert.Equal(found[0], found[3]);
        Assert.Equal(3, found.ToArray().Distinct().Count());
        Assert.True(found[1] >= 0 && found[0] < 0 && found[2] < 0);
    }

    [Fact]
    public void Numbers_AreTheSame_JustWhereTextsAre_HoweverManyThereAre()
    {
        Gen.String.Array[2, 400].Sample(
            texts =>
            {
                var reader = new CallReader();
                var key = reader.KeyOf([Path("a")]);
                var numbers = texts.Select((text, index) =>
                    key.Keep(ChainGiven.Link(index, "hr/get") with { Arguments = System.Text.Json.JsonSerializer.SerializeToElement(new { a = text }) }, out _)).ToArray();
                Assert.Equal(texts.Select(Spelled).Distinct(StringComparer.Ordinal).Count(), numbers.Distinct().Count());
            },
            iter: 100);

        // Half a surrogate pair is no text: JSON writes another letter for it.
        static string Spelled(string text) => System.Text.Json.JsonSerializer.SerializeToElement(text).GetString()!;
    }

    [Fact]
    public void Table_GivesNoNumber_WithoutRoom_AndKeepsThoseItGave()
    {
        var table = new KeyTable();
        var first = table.Add("first");
        for (var key = 1; key < Core.Missions.MissionBounds.KeysMax; key++)
            table.Add(first, key);

        Assert.Equal(KeyTable.Unknown, table.Add("one more"));
        Assert.Equal(KeyTable.Unknown, table.Add(first, -7));
        Assert.Equal(first, table.Add("first"));
    }

    [Fact]
    public void Map_RefusesAnotherKey_WhereTheMissionsMemoryIsUsedUp_AndKeepsThoseItHas()
    {
        var memory = new RuleMemory();
        var map = new KeyMap<long>(memory);
        Assert.True(map.TrySet(1, 10));
        Assert.True(memory.TryTake(Core.Missions.MissionBounds.RuleBytesMax - memory.Bytes));

        Assert.False(map.TrySet(2, 20));
        Assert.True(map.TrySet(1, 11));
        Assert.True(map.TryGet(1, out var kept) && kept == 11);
        Assert.False(map.TryGet(2, out _));
    }

    [Fact]
    public void Expression_IsAnError_WhereTheMissionsMemoryIsUsedUp()
    {
        var calls = new CallReader();
        var state = ChainGiven.Rule("chain.exists(l, l.args.user == call.args.user)").NewState(ChainGiven.Mission, calls);
        state.Settle(ChainGiven.Link(2, "hr/get", """{"user":"ada"}"""));
        var call = ChainGiven.Call(arguments: """{"user":"ada"}""");
        var before = state.Evaluate(call, []);

        calls.Memory.TryTake(Core.Missions.MissionBounds.RuleBytesMax - calls.Memory.Bytes);
        state.Settle(ChainGiven.Link(4, "hr/get", """{"user":"bob"}"""));
        var after = state.Evaluate(call, []);

        Assert.True(before.Value);
        Assert.Contains("state exhausted", after.Error, StringComparison.Ordinal);
    }

    private static FieldPath Path(string text) => FieldPath.Parse(text)!;
}
