using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using SharpYaml;
using SharpYaml.Events;

namespace Harness.Mcp.Proxy.Documents;

/// <summary>Builds the tree of one YAML document from the parser's events. For one use.</summary>
internal sealed class YamlTreeReader(string text, string file)
{
    private const int ProblemsMax = 50;

    private readonly IParser _parser = Parser.CreateParser(new StringReader(text), YamlReader.DepthMax);
    private readonly ImmutableArray<Problem>.Builder _problems = ImmutableArray.CreateBuilder<Problem>();
    private readonly Stack<(SourcePosition Position, char End)> _openBrackets = new();

    public Parsed<DocumentNode> Read()
    {
        DocumentNode? root = null;
        try
        {
            root = ReadDocument();
        }
        catch (YamlException failure)
        {
            AddSyntaxProblem(failure);
        }
        catch (ArgumentOutOfRangeException)
        {
            // SharpYaml lets an escape beyond Unicode (`\UFFFFFFFF`) reach char.ConvertFromUtf32.
            Add(LastPlace(), "After this place an escape names no Unicode character.", "Use `\\u0000` to `\\uFFFF`, or `\\U00010000` to `\\U0010FFFF`.");
        }

        if (_problems.Count > 0)
            return new(_problems.ToImmutable());
        return root is null ? throw new InvalidOperationException("A document without a problem has a root.") : new(root);
    }

    private DocumentNode? ReadDocument()
    {
        Next(); // Stream start.
        if (Next() is StreamEnd end)
        {
            Add(At(end), "The file is empty.", "Write the document, or remove the file.");
            return null;
        }

        if (_parser.Current is DocumentStart { Version: not null } start)
            Add(At(start), "Directives are not supported.", "Remove the `%YAML` line: documents are read as YAML 1.2.");

        var root = ReadNode(Next());
        Next(); // Document end.
        if (Next() is DocumentStart second)
            Add(At(second), "A second document starts here.", "Write one document a file.");
        return root;
    }

    private DocumentNode ReadNode(ParsingEvent start)
    {
        if (start is NodeEvent node)
            RefuseProperties(node);

        switch (start)
        {
            case Scalar scalar:
                return ReadScalar(scalar);
            case SequenceStart list:
                return ReadList(list);
            case MappingStart map:
                return ReadMap(map);
            case AnchorAlias alias:
                Add(At(alias), $"The alias `*{alias.Value}` is not supported.", "Write the value out.");
                return new DocumentNode.Scalar(At(alias), "", ScalarKind.Null);
            default:
                throw new InvalidOperationException($"No node starts with {start.GetType().Name}.");
        }
    }

    private DocumentNode.Scalar ReadScalar(Scalar scalar)
    {
        var position = At(scalar);
        if (scalar.Style != ScalarStyle.Plain)
            return new DocumentNode.Scalar(position, scalar.Value, ScalarKind.String);

        var kind = CoreSchema.KindOf(scalar.Value);
        if (kind is not (ScalarKind.Integer or ScalarKind.Float))
            return new DocumentNode.Scalar(position, scalar.Value, kind);

        if (CoreSchema.NumberAsJson(scalar.Value, kind) is { } number)
            return new DocumentNode.Scalar(position, number, kind);

        Add(position, "This number cannot be used.", $"Write a finite decimal number of at most {CoreSchema.NumberLengthMax} characters, or quote it to mean text.");
        return new DocumentNode.Scalar(position, "0", kind);
    }

    private DocumentNode.List ReadList(SequenceStart start)
    {
        var items = ImmutableArray.CreateBuilder<DocumentNode>();
        var isFlow = OpenBracket(start, start.Style, ']');
        for (var next = Next(); next is not SequenceEnd; next = Next())
            items.Add(ReadNode(next));
        if (isFlow)
            _openBrackets.Pop();
        return new DocumentNode.List(At(start), items.ToImmutable());
    }

    private DocumentNode.Map ReadMap(MappingStart start)
    {
        var entries = ImmutableArray.CreateBuilder<DocumentEntry>();
        var keys = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        var isFlow = OpenBracket(start, start.Style, '}');
        for (var next = Next(); next is not MappingEnd; next = Next())
        {
            var key = ReadNode(next);
            var value = ReadNode(Next());
            if (key is not DocumentNode.Scalar { Kind: var kind } name)
                Add(key.Position, "A key must be text, not a map or a list.", "Quote a key that starts with `{` or `[`.");
            else if (next is Scalar { Style: ScalarStyle.Plain, Value: var written } && (written == "<<" || kind == ScalarKind.Null))
                Add(key.Position, written == "<<" ? "The merge key `<<` is not supported." : "A key is missing here.", "Write the keys out.");
            else if (!keys.TryAdd(KeyText(next, name), key.Position))
                Add(key.Position, $"The key `{Shown(KeyText(next, name))}` is written twice.", $"It first stands at line {keys[KeyText(next, name)].Line}. Keep one of them.");
            else
                entries.Add(new DocumentEntry(KeyText(next, name), key.Position, value));
        }

        if (isFlow)
            _openBrackets.Pop();
        return new DocumentNode.Map(At(start), entries.ToImmutable());
    }

    // A key is text, so a number keeps the spelling of the file there.
    private static string KeyText(ParsingEvent written, DocumentNode.Scalar key) => written is Scalar scalar ? scalar.Value : key.Text;

    private void RefuseProperties(NodeEvent node)
    {
        if (!string.IsNullOrEmpty(node.Anchor))
            Add(At(node), $"The anchor `&{Shown(node.Anchor)}` is not supported.", "Remove it, and write the value out where it is needed.");
        if (!string.IsNullOrEmpty(node.Tag))
            Add(At(node), $"The tag `{Shown(node.Tag)}` is not supported.", "Remove it; put a value in quotes to make it text.");
    }

    private bool OpenBracket(ParsingEvent start, YamlStyle style, char end)
    {
        if (style != YamlStyle.Flow)
            return false;
        _openBrackets.Push((At(start), end));
        return true;
    }

    private ParsingEvent Next() =>
        _parser.MoveNext() && _parser.Current is { } next ? next : throw new InvalidOperationException("The parser ended before its document.");

    private void AddSyntaxProblem(YamlException failure)
    {
        var message = failure.Message;
        var prefixEnd = message.IndexOf("): ", message.IndexOf(") - (", StringComparison.Ordinal) is var middle and >= 0 ? middle : 0, StringComparison.Ordinal);
        if (prefixEnd >= 0)
            message = message[(prefixEnd + 3)..];

        var position = new SourcePosition(file, failure.Start.Line + 1, failure.Start.Column + 1);
        Add(position, message, RemedyFor(message, failure.Start));
    }

    private string RemedyFor(string message, Mark place)
    {
        if (_openBrackets.TryPeek(out var open))
            return $"The bracket that opens at line {open.Position.Line}, column {open.Position.Column} may lack its `{open.End}`.";

        var line = text.Split('\n').ElementAtOrDefault(place.Line) ?? "";
        if (line[..(line.Length - line.TrimStart().Length)].Contains('\t', StringComparison.Ordinal))
            return "Indent with spaces, never with tabs.";
        if (message.Contains("nesting depth", StringComparison.Ordinal))
            return "Nest less deeply.";
        if (message.Contains("quoted scalar", StringComparison.Ordinal))
            return "Check the closing quote and the escapes (in double quotes, `\\` starts one).";
        if (message.Contains("cannot start any token", StringComparison.Ordinal) || message.Contains("not allowed in this context", StringComparison.Ordinal))
            return "Quote a value that contains `: ` or ` #`, or that starts with a special character; and check the indentation.";
        return "Check the indentation and the colons around this place.";
    }

    private SourcePosition LastPlace() => _parser.Current is { } last ? At(last) : new SourcePosition(file, 1, 1);

    private SourcePosition At(ParsingEvent place) => new(file, place.Start.Line + 1, place.Start.Column + 1);

    private void Add(SourcePosition position, string message, string remedy)
    {
        if (_problems.Count < ProblemsMax)
            _problems.Add(new Problem(position, message, remedy));
    }

    private static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "…";
}
