using System.Diagnostics;
using System.Text;
using CsCheck;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Documents;

public class YamlReaderTests
{
    [Fact]
    public void Read_GivesTheTree_WithPlacesThatCountFromOne()
    {
        var parsed = YamlReader.Read("# about\nmission: demo\ngrants:\n  - tools: [a/b]\n", "m.yaml");

        var map = Assert.IsType<DocumentNode.Map>(parsed.Value);
        Assert.Equal(["mission", "grants"], map.Entries.Select(entry => entry.Key));
        Assert.Equal(new SourcePosition("m.yaml", 2, 10), map["mission"]?.Position);
        var grant = Assert.IsType<DocumentNode.Map>(Assert.Single(Assert.IsType<DocumentNode.List>(map["grants"]).Items));
        var tool = Assert.Single(Assert.IsType<DocumentNode.List>(grant["tools"]).Items);
        Assert.Equal(new DocumentNode.Scalar(new SourcePosition("m.yaml", 4, 13), "a/b", ScalarKind.String), tool);
    }

    [Theory]
    [InlineData("text", "text", ScalarKind.String)]
    [InlineData("yes", "yes", ScalarKind.String)]
    [InlineData("on", "on", ScalarKind.String)]
    [InlineData("2026-11-24", "2026-11-24", ScalarKind.String)]
    [InlineData("10m", "10m", ScalarKind.String)]
    [InlineData("1_000", "1_000", ScalarKind.String)]
    [InlineData("-x", "-x", ScalarKind.String)]
    [InlineData(".", ".", ScalarKind.String)]
    [InlineData("1e", "1e", ScalarKind.String)]
    [InlineData("0b1", "0b1", ScalarKind.String)]
    [InlineData("'1'", "1", ScalarKind.String)]
    [InlineData("\"true\"", "true", ScalarKind.String)]
    [InlineData("''", "", ScalarKind.String)]
    [InlineData("1", "1", ScalarKind.Integer)]
    [InlineData("-12", "-12", ScalarKind.Integer)]
    [InlineData("+5", "5", ScalarKind.Integer)]
    [InlineData("007", "7", ScalarKind.Integer)]
    [InlineData("000", "0", ScalarKind.Integer)]
    [InlineData("0x1F", "31", ScalarKind.Integer)]
    [InlineData("0xFF", "255", ScalarKind.Integer)]
    [InlineData("0o17", "15", ScalarKind.Integer)]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890", ScalarKind.Integer)]
    [InlineData("1.50", "1.50", ScalarKind.Float)]
    [InlineData(".5", "0.5", ScalarKind.Float)]
    [InlineData("5.", "5.0", ScalarKind.Float)]
    [InlineData("5.e2", "5.0e2", ScalarKind.Float)]
    [InlineData("-1E+9", "-1E+9", ScalarKind.Float)]
    [InlineData("True", "True", ScalarKind.Boolean)]
    [InlineData("false", "false", ScalarKind.Boolean)]
    [InlineData("~", "~", ScalarKind.Null)]
    [InlineData("", "", ScalarKind.Null)]
    public void Read_KnowsScalars_ByTheCoreSchema(string written, string text, ScalarKind kind)
    {
        var parsed = YamlReader.Read($"a: {written}", "f.yaml");

        var scalar = Assert.IsType<DocumentNode.Scalar>(Assert.IsType<DocumentNode.Map>(parsed.Value)["a"]);
        Assert.Equal((text, kind), (scalar.Text, scalar.Kind));
    }

    [Theory]
    [InlineData("", 1, 1, "empty")]
    [InlineData("# only a comment\n", 2, 1, "empty")]
    [InlineData("a: 1\nb: 2\na: 3", 3, 1, "`a` is written twice")]
    [InlineData("{x: {b: 1, b: 2}}", 1, 12, "`b` is written twice")]
    [InlineData("a: 1\n'a': 2", 2, 1, "`a` is written twice")]
    [InlineData("a: &x 1", 1, 4, "anchor `&x`")]
    [InlineData("a: *x", 1, 4, "alias `*x`")]
    [InlineData("a: !!str 1", 1, 4, "tag `tag:yaml.org,2002:str`")]
    [InlineData("a: !run x", 1, 4, "tag `!run`")]
    [InlineData("<<: {a: 1}", 1, 1, "merge key")]
    [InlineData("a: 1\n---\nb: 2", 2, 1, "second document")]
    [InlineData("%YAML 1.1\n---\na: 1", 1, 1, "Directives")]
    [InlineData("? [a]\n: 1", 1, 3, "key must be text")]
    [InlineData("a:\n\tb: 1", 2, 1, "cannot start any token")]
    [InlineData("a: [1, 2", 2, 1, "flow sequence")]
    [InlineData("a: {b: 1\nc: 2", 2, 2, "flow mapping")]
    [InlineData("a: b: c", 1, 5, "not allowed")]
    [InlineData("a: \"open\nb: 1", 1, 4, "quoted scalar")]
    [InlineData("a: \"\\UFFFFFFFF\"", 1, 1, "no Unicode character")]
    [InlineData("a: \"\\uD83D\"", 1, 4, "Unicode")]
    [InlineData("a: .inf", 1, 4, "number cannot be used")]
    [InlineData("a: .NaN", 1, 4, "number cannot be used")]
    [InlineData("a: x\0y", 1, 5, "U+0000")]
    [InlineData("a: 1\nb: \u0001", 2, 4, "U+0001")]
    [InlineData("a: x\u202Ey", 1, 5, "U+202E")]
    [InlineData("a: x\u2028y", 1, 5, "U+2028")]
    public void Read_RefusesWhatIsUnclear_WithItsPlace(string text, int line, int column, string message)
    {
        var parsed = YamlReader.Read(text, "f.yaml");

        Assert.False(parsed.IsValid);
        var problem = parsed.Problems[0];
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(new SourcePosition("f.yaml", line, column), problem.Position);
        Assert.NotNull(problem.Remedy);
    }

    [Fact]
    public void Read_RefusesHalfASurrogatePair()
    {
        var parsed = YamlReader.Read("a: \uD83Dx", "f.yaml");

        Assert.Equal("f.yaml:1:4: The character U+D83D is not allowed here. Save the file as valid UTF-8.", Assert.Single(parsed.Problems).ToString());
    }

    [Fact]
    public void Read_NamesEveryMistake_AtOnce()
    {
        var parsed = YamlReader.Read("a: &x 1\na: !t 2\nb: *x\n", "f.yaml");

        Assert.Equal([1, 2, 2, 3], parsed.Problems.Select(problem => problem.Position.Line).Order());
    }

    [Fact]
    public void Read_NamesTheOpenBracket_WhenTheFileEndsInside()
    {
        var parsed = YamlReader.Read("a: 1\nb: [x,\n  y\n", "f.yaml");

        Assert.Contains("line 2, column 4 may lack its `]`", Assert.Single(parsed.Problems).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yaml", 64, true)]
    [InlineData("yaml", 65, false)]
    [InlineData("json", 64, true)]
    [InlineData("json", 65, false)]
    [InlineData("yaml", 100_000, false)]
    [InlineData("json", 100_000, false)]
    public void Read_BoundsTheDepth(string format, int depth, bool isValid)
    {
        var parsed = YamlReader.Read(new string('[', depth) + new string(']', depth), "f." + format);

        Assert.Equal(isValid, parsed.IsValid);
    }

    [Fact]
    public void Read_RefusesOneByteOverTheSize()
    {
        var fits = YamlReader.Read("a: '" + new string('x', YamlReader.BytesMax - 5) + "'", "f.yaml");
        var over = YamlReader.Read("a: '" + new string('x', YamlReader.BytesMax - 4) + "'", "f.yaml");

        Assert.True(fits.IsValid);
        Assert.Contains("1 MiB", Assert.Single(over.Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f.yaml")]
    [InlineData("f.json")]
    public void Read_DecodesEscapes_AndKeepsBigNumbers(string file)
    {
        const string text = "\uFEFF{ \"a\": \"\\/ \\u0041 \\uD83D\\uDE00 \\n\", \"n\": 123456789012345678901234567890.10, \"e\": 1E400, \"l\": [true, null] }";

        var parsed = YamlReader.Read(text, file);

        var map = Assert.IsType<DocumentNode.Map>(parsed.Value);
        Assert.Equal("/ A \U0001F600 \n", Assert.IsType<DocumentNode.Scalar>(map["a"]).Text);
        Assert.Equal(("123456789012345678901234567890.10", ScalarKind.Float), (((DocumentNode.Scalar)map["n"]!).Text, ((DocumentNode.Scalar)map["n"]!).Kind));
        Assert.Equal("1E400", Assert.IsType<DocumentNode.Scalar>(map["e"]).Text);
        Assert.Equal([ScalarKind.Boolean, ScalarKind.Null], Assert.IsType<DocumentNode.List>(map["l"]).Items.Cast<DocumentNode.Scalar>().Select(item => item.Kind));
        Assert.Equal(new SourcePosition(file, 1, 3), map.Entries[0].KeyPosition);
    }

    [Theory]
    [InlineData("{\n  // why\n  \"a\": 1 }", 2, 3)]
    [InlineData("{ \"a\": 1 /* why */ }", 1, 10)]
    [InlineData("{ \"a\": 1, }", 1, 11)]
    [InlineData("{ 'a': 1 }", 1, 3)]
    [InlineData("{ a: 1 }", 1, 3)]
    [InlineData("{ \"a\": 01 }", 1, 9)]
    [InlineData("{ \"a\": 1 } {}", 1, 12)]
    [InlineData("{ \"é\": 1,\n \"a\": 2, \"é\": 3 }", 2, 10)]
    [InlineData("{ \"a\": \"\\uD83D\" }", 1, 8)]
    [InlineData("{ \"\\uD83D\": 1 }", 1, 3)]
    [InlineData("{ \"a\": [1, 2", 1, 13)]
    [InlineData(" \n ", 1, 1)]
    public void Read_IsStrict_AboutJson(string text, int line, int column)
    {
        var parsed = YamlReader.Read(text, "f.json");

        var problem = Assert.Single(parsed.Problems);
        Assert.Equal(new SourcePosition("f.json", line, column), problem.Position);
        Assert.DoesNotContain("LineNumber", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadFile_NamesTheByte_ThatIsNotUtf8()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, [.. "a: 1\nb: é"u8, 0xFF]);

        var parsed = YamlReader.ReadFile(path, "missions/x.yaml");
        File.Delete(path);

        Assert.Equal("missions/x.yaml:2:5: The file is not valid UTF-8. Save it as UTF-8.", Assert.Single(parsed.Problems).ToString());
    }

    [Fact]
    public void ReadFile_TellsWhy_WhenThereIsNothingToRead()
    {
        var missing = YamlReader.ReadFile(Path.Combine(Path.GetTempPath(), "no", "such.yaml"), "such.yaml");
        var folder = YamlReader.ReadFile(Path.GetTempPath(), "folder");
        var endless = File.Exists("/dev/zero") ? YamlReader.ReadFile("/dev/zero", "zero") : folder;

        Assert.Equal("such.yaml: The file does not exist.", Assert.Single(missing.Problems).ToString());
        Assert.Contains("cannot be read", Assert.Single(folder.Problems).Message, StringComparison.Ordinal);
        Assert.False(endless.IsValid);
    }

    [Fact]
    public void Read_NeverThrows_WhateverTheText()
    {
        string[] pieces =
        [
            "a", "b: ", ": ", "- ", "\n", "  ", "\t", "[", "]", "{", "}", ",", "\"", "'", "\\", "\\u", "&x ", "*x", "!t ", "!!", "|", ">", "|+2", "#", "%", "@",
            "---", "...", "? ", "1", "0x", "~", "\r", "\u0085", "é", "\uD83D", "\uDE00", "\0", "<<", "//", "null",
        ];
        Gen.Int[0, pieces.Length - 1].Array[0, 40].Select(picks => string.Concat(picks.Select(pick => pieces[pick]))).Sample(
            text =>
            {
                var yaml = YamlReader.Read(text, "f.yaml");
                var json = YamlReader.Read(text, "f.json");
                return yaml.IsValid == yaml.Problems.IsEmpty && json.IsValid == json.Problems.IsEmpty
                    && yaml.Problems.All(problem => problem.Position.Line >= 1 && problem.Position.Column >= 1);
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData("a ")]
    [InlineData("a: b\n")]
    [InlineData("- ")]
    [InlineData("[],")]
    [InlineData("{a: ")]
    [InlineData("\"x")]
    [InlineData("? ")]
    [InlineData("#\n")]
    public void Read_TakesTimeInProportion_ToTheSize(string piece)
    {
        var text = new StringBuilder().Insert(0, piece, 1_000_000 / piece.Length).ToString();

        var clock = Stopwatch.StartNew();
        YamlReader.Read(text, "f.yaml");

        // A step for every pair of characters would take an hour; what a busy machine takes says nothing.
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), $"took {clock.Elapsed}");
    }
}
