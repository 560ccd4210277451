using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Documents;

/// <summary>Builds the tree of a strict JSON document: no comments, no trailing commas, no duplicate keys. For one use.</summary>
internal sealed class JsonTreeReader(string file)
{
    private const int ProblemsMax = 50;

    private readonly ImmutableArray<Problem>.Builder _problems = ImmutableArray.CreateBuilder<Problem>();
    private int _placeIndex;
    private int _placeLine = 1;
    private int _placeColumn = 1;

    public Parsed<DocumentNode> Read(byte[] utf8)
    {
        if (utf8.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return new(ImmutableArray.Create(new Problem(new SourcePosition(file, 1, 1), "The file is empty.", "Write the document, or remove the file.")));

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Disallow, MaxDepth = YamlReader.DepthMax });
        DocumentNode? root = null;
        try
        {
            reader.Read();
            root = ReadValue(ref reader, utf8);
            reader.Read(); // Refuses anything after the document.
        }
        catch (JsonException failure)
        {
            AddSyntaxProblem(failure, utf8);
        }

        if (_problems.Count > 0)
            return new(_problems.ToImmutable());
        return root is null ? throw new InvalidOperationException("A document without a problem has a root.") : new(root);
    }

    private DocumentNode ReadValue(ref Utf8JsonReader reader, byte[] utf8)
    {
        var position = Place(ref reader, utf8);
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => ReadMap(ref reader, utf8, position),
            JsonTokenType.StartArray => ReadList(ref reader, utf8, position),
            JsonTokenType.String => new DocumentNode.Scalar(position, ReadText(ref reader, position), ScalarKind.String),
            JsonTokenType.Number => ReadNumber(ref reader, position),
            JsonTokenType.True => new DocumentNode.Scalar(position, "true", ScalarKind.Boolean),
            JsonTokenType.False => new DocumentNode.Scalar(position, "false", ScalarKind.Boolean),
            _ => new DocumentNode.Scalar(position, "null", ScalarKind.Null),
        };
    }

    private DocumentNode.Map ReadMap(ref Utf8JsonReader reader, byte[] utf8, SourcePosition position)
    {
        var entries = ImmutableArray.CreateBuilder<DocumentEntry>();
        var keys = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var keyPosition = Place(ref reader, utf8);
            var key = ReadText(ref reader, keyPosition);
            reader.Read();
            var value = ReadValue(ref reader, utf8);
            if (keys.TryAdd(key, keyPosition))
                entries.Add(new DocumentEntry(key, keyPosition, value));
            else
                Add(keyPosition, $"The key `{(key.Length <= 64 ? key : key[..64] + "…")}` is written twice.", $"It first stands at line {keys[key].Line}. Keep one of them.");
        }

        return new DocumentNode.Map(position, entries.ToImmutable());
    }

    private DocumentNode.List ReadList(ref Utf8JsonReader reader, byte[] utf8, SourcePosition position)
    {
        var items = ImmutableArray.CreateBuilder<DocumentNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(ReadValue(ref reader, utf8));
        return new DocumentNode.List(position, items.ToImmutable());
    }

    private DocumentNode.Scalar ReadNumber(ref Utf8JsonReader reader, SourcePosition position)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        if (text.Length > CoreSchema.NumberLengthMax)
            Add(position, "This number cannot be used.", $"Write at most {CoreSchema.NumberLengthMax} characters, or quote it to mean text.");
        return new DocumentNode.Scalar(position, text, text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? ScalarKind.Integer : ScalarKind.Float);
    }

    private string ReadText(ref Utf8JsonReader reader, SourcePosition position)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader reads the escape of half a surrogate pair as a token, and refuses to decode it.
            Add(position, "An escape names half of a surrogate pair.", "Write both halves (`\\uD83D\\uDE00`), or the character itself.");
            return "";
        }
    }

    // Tokens come in order, so counting on from the last place costs one pass over the file.
    private SourcePosition Place(ref Utf8JsonReader reader, byte[] utf8)
    {
        var index = checked((int)reader.TokenStartIndex);
        var between = utf8.AsSpan(_placeIndex, index - _placeIndex);
        var lastBreak = between.LastIndexOf((byte)'\n');
        if (lastBreak >= 0)
        {
            _placeLine += between.Count((byte)'\n');
            _placeColumn = 1;
        }

        _placeColumn += Encoding.UTF8.GetCharCount(between[(lastBreak + 1)..]);
        _placeIndex = index;
        return new SourcePosition(file, _placeLine, _placeColumn);
    }

    private void AddSyntaxProblem(JsonException failure, byte[] utf8)
    {
        var message = failure.Message;
        var suffix = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (suffix >= 0)
            message = message[..suffix];

        var line = (int)(failure.LineNumber ?? 0);
        var lineStart = 0;
        for (var passed = 0; passed < line; passed++)
            lineStart += utf8.AsSpan(lineStart).IndexOf((byte)'\n') + 1;
        var column = Math.Min((int)(failure.BytePositionInLine ?? 0), utf8.Length - lineStart);
        Add(
            new SourcePosition(file, line + 1, Encoding.UTF8.GetCharCount(utf8.AsSpan(lineStart, column)) + 1),
            message,
            message.Contains("'/'", StringComparison.Ordinal) ? "Comments are not allowed in JSON." : "Check commas, quotes and brackets around this place.");
    }

    private void Add(SourcePosition position, string message, string remedy)
    {
        if (_problems.Count < ProblemsMax)
            _problems.Add(new Problem(position, message, remedy));
    }
}
