using System.Collections.Immutable;
using System.Text;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Documents;

/// <summary>
/// Reads the files that people write: YAML 1.2 with the core schema, or strict JSON where the file's name ends in `.json`. What two
/// readers could understand differently is refused: duplicate keys, anchors, aliases, tags, merge keys, directives, several documents,
/// and invisible characters that change how a line looks. Every mistake is a problem with its place, never an exception.
/// Numbers in the tree are spelled as JSON spells them: `+5`, `007`, `0x1F` and `.5` become `5`, `7`, `31` and `0.5`.
/// </summary>
public static class YamlReader
{
    /// <summary>Largest document, in bytes of UTF-8.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Deepest nesting of maps and lists.</summary>
    public const int DepthMax = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="file">The name shown in problems; `.json` at its end selects JSON.</param>
    public static Parsed<DocumentNode> Read(string text, string file)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);

        if (text.StartsWith('\uFEFF'))
            text = text[1..];
        if (text.Length > BytesMax || Encoding.UTF8.GetByteCount(text) > BytesMax)
            return TooLarge(file);

        var characters = DocumentCharacters.Check(text, file);
        if (!characters.IsEmpty)
            return new(characters);

        return file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? new JsonTreeReader(file).Read(StrictUtf8.GetBytes(text))
            : new YamlTreeReader(text, file).Read();
    }

    /// <param name="nameShown">The file's name in problems, usually its path within the home folder.</param>
    public static Parsed<DocumentNode> ReadFile(string path, string nameShown)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(nameShown);

        byte[] bytes;
        try
        {
            bytes = ReadBytes(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return Refused(new SourcePosition(nameShown, 0, 0), "The file does not exist.", null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return Refused(
                new SourcePosition(nameShown, 0, 0), $"The file cannot be read: {failure.Message}", "Check that it is a file this program may read.");
        }

        if (bytes.Length > BytesMax)
            return TooLarge(nameShown);
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            return Refused(new SourcePosition(nameShown, 1, 1), "The file is saved as UTF-16.", "Save it as UTF-8.");

        try
        {
            return Read(StrictUtf8.GetString(bytes), nameShown);
        }
        catch (DecoderFallbackException failure)
        {
            return Refused(PositionOf(bytes, failure.Index, nameShown), "The file is not valid UTF-8.", "Save it as UTF-8.");
        }
    }

    // Reads at most one byte more than is allowed, so that a special file cannot fill the memory.
    private static byte[] ReadBytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[BytesMax + 1];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return buffer[..length];
    }

    private static SourcePosition PositionOf(byte[] bytes, int index, string file)
    {
        var before = bytes.AsSpan(0, Math.Clamp(index, 0, bytes.Length));
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        return new SourcePosition(file, before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1);
    }

    private static Parsed<DocumentNode> TooLarge(string file) => Refused(
        new SourcePosition(file, 0, 0), "The file is larger than 1 MiB.", "Split it, or check that it is the right file.");

    private static Parsed<DocumentNode> Refused(SourcePosition position, string message, string? remedy) =>
        new(ImmutableArray.Create(new Problem(position, message, remedy)));
}
