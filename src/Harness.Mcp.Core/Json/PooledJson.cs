using System.Text.Encodings.Web;
using System.Text.Json;

namespace Harness.Mcp.Core.Json;

/// <summary>
/// Writes one JSON value into memory of the shared pool. Each thread keeps one writer for its next value, since a call writes half a dozen. The
/// bytes end with it, and no other owner ever reads them.
/// </summary>
public sealed class PooledJson : IDisposable
{
    /// <summary>
    /// It is read by programs, and by people in terminals: only what JSON demands is escaped, so base64 and non-ASCII text keep their size. What is
    /// written is well-formed by construction.
    /// </summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // Memory and no state: what is in here was reset.
    private static readonly ThreadLocal<PooledJson?> Spare = new();

    private readonly PooledBuffer _buffer = new();

    private PooledJson() => Writer = new Utf8JsonWriter(_buffer, Options);

    public Utf8JsonWriter Writer { get; }

    /// <summary>What was written so far.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Writer.Flush();
            return _buffer.Written;
        }
    }

    /// <summary>A writer that has written nothing; whoever rents it disposes it once.</summary>
    public static PooledJson Rent()
    {
        var rented = Spare.Value ?? new PooledJson();
        Spare.Value = null;
        return rented;
    }

    public void Dispose()
    {
        Writer.Reset();
        _buffer.Dispose();
        Spare.Value = this;
    }
}
