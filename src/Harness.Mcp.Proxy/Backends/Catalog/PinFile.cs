using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>One tool as it was approved, or as it waits for approval.</summary>
/// <param name="By">`first-use`, or who approved; empty while it waits.</param>
internal sealed record Pin(string Digest, DateTimeOffset At, string By, JsonElement Definition);

/// <summary>`state/pins/BACKEND.json`: the approved tools; `BACKEND.pending.json`: what waits for approval.</summary>
internal sealed record PinFile(string Backend, ImmutableSortedDictionary<string, Pin> Tools)
{
    /// <summary>What waits here and is not what <paramref name="approved"/> already holds, by name.</summary>
    public ImmutableArray<KeyValuePair<string, Pin>> WaitingBeside(PinFile? approved) =>
        [.. Tools.Where(pair => approved?.Tools.GetValueOrDefault(pair.Key)?.Digest != pair.Value.Digest)];
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PinFile))]
internal sealed partial class PinJson : JsonSerializerContext;

/// <summary>The folder of pins. Writes are atomic: a file is whole, the old or the new one.</summary>
internal sealed class PinFolder(string folder)
{
    private const string PendingSuffix = ".pending.json";

    public string Folder => folder;

    /// <summary>The approved tools of a backend; null where none was ever approved.</summary>
    /// <exception cref="IOException">The file exists and cannot be read: nothing may count as approved.</exception>
    public PinFile? ReadApproved(string backend) => Read(Path.Combine(folder, backend + ".json"));

    /// <summary>What waits for approval; null for nothing.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public PinFile? ReadPending(string backend) => Read(Path.Combine(folder, backend + PendingSuffix));

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteApproved(PinFile pins) => Write(Path.Combine(folder, pins.Backend + ".json"), pins);

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WritePending(PinFile pins)
    {
        var path = Path.Combine(folder, pins.Backend + PendingSuffix);
        if (!pins.Tools.IsEmpty)
            Write(path, pins);
        else if (File.Exists(path))
            Guarded(() => File.Delete(path));
    }

    private static PinFile? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            var pins = JsonSerializer.Deserialize(File.ReadAllBytes(path), PinJson.Default.PinFile);
            if (pins is not { Backend: not null, Tools: not null } || pins.Tools.Values.Any(pin => pin is null || !Core.Json.Digest.TryParse(pin.Digest ?? "", out _)))
                throw new IOException($"`{path}` is incomplete.");
            return pins with { Tools = pins.Tools.WithComparers(StringComparer.Ordinal) };
        }
        catch (Exception failure) when (failure is JsonException or UnauthorizedAccessException)
        {
            throw new IOException($"`{path}` cannot be read: {failure.Message}", failure);
        }
    }

    private void Write(string path, PinFile pins) => Guarded(() =>
    {
        Directory.CreateDirectory(folder);
        var draft = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, pins, PinJson.Default.PinFile);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    });

    private static void Guarded(Action write)
    {
        try
        {
            write();
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }
}
