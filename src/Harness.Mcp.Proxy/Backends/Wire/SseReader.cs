using System.Buffers;
using System.Globalization;
using System.Text;
using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Reads the data of server-sent events, each of bounded size. For one reader.</summary>
/// <param name="large">Where events over the bound go; null where they are refused.</param>
internal sealed class SseReader(Stream stream, int eventBytesMax, LargeResults? large = null)
{
    private const int IdLengthMax = 1024;

    private static readonly TimeSpan PauseMost = TimeSpan.FromMinutes(1);

    private readonly LineReader _lines = new(stream, eventBytesMax, large);

    /// <summary>The id of the last event that had one, in visible ASCII; null for none. By it the stream can be gone on with.</summary>
    public string? LastId { get; private set; }

    /// <summary>How long the server wants to be left alone before that, at most a minute; null where it does not say it.</summary>
    public TimeSpan? Pause { get; private set; }

    /// <summary>The data of the next event that has any, or null at the end of the stream. Events of types other than `message` are passed over.</summary>
    /// <exception cref="LineTooLongException">The event is larger than the bound.</exception>
    /// <exception cref="LineSpooledException">The event's data is larger than the bound and went to a file, with the name of its field.</exception>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await ReadEventAsync(cancellationToken) is var (isMessage, _, data))
            if (isMessage)
                return data;
        return null;
    }

    /// <summary>The next event that has data, of whatever type, or null at the end of the stream.</summary>
    /// <exception cref="LineTooLongException">The event is larger than the bound.</exception>
    public async ValueTask<(bool IsMessage, byte[] Type, byte[] Data)?> ReadEventAsync(CancellationToken cancellationToken)
    {
        byte[]? first = null;
        ArrayBufferWriter<byte>? more = null;
        byte[] type = [];
        while (await _lines.ReadAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                if (Field(line, "data"u8) is { } data)
                    (first, more) = Append(first, more, data);
                else if (Field(line, "event"u8) is { } given)
                    type = given;
                else if (Field(line, "id"u8) is { Length: <= IdLengthMax } id && !id.AsSpan().ContainsAnyExceptInRange((byte)'!', (byte)'~'))
                    LastId = id.Length == 0 ? null : Encoding.ASCII.GetString(id);
                else if (Field(line, "retry"u8) is { } pause && int.TryParse(pause, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
                    Pause = milliseconds < PauseMost.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : PauseMost;
                continue;
            }

            if (first is { Length: > 0 })
                return (type.Length == 0 || type.AsSpan().SequenceEqual("message"u8), type, more is null ? first : more.WrittenSpan.ToArray());
            first = null;
            more = null;
            type = [];
        }

        return null;
    }

    private (byte[] First, ArrayBufferWriter<byte>? More) Append(byte[]? first, ArrayBufferWriter<byte>? more, byte[] data)
    {
        if (first is null)
            return (data, null);
        if (more is null)
        {
            more = new ArrayBufferWriter<byte>(first.Length + data.Length + 1);
            more.Write(first);
        }

        if (more.WrittenCount + data.Length + 1 > eventBytesMax)
            throw new LineTooLongException(eventBytesMax);
        more.Write("\n"u8);
        more.Write(data);
        return (first, more);
    }

    private static byte[]? Field(byte[] line, ReadOnlySpan<byte> name)
    {
        var rest = line.AsSpan();
        if (!rest.StartsWith(name))
            return null;
        rest = rest[name.Length..];
        if (rest.IsEmpty)
            return [];
        if (rest[0] != (byte)':')
            return null;
        rest = rest[1..];
        return (rest is [(byte)' ', ..] ? rest[1..] : rest).ToArray();
    }
}
