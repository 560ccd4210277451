using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>How one backend is, for operators.</summary>
/// <param name="Transport">`stdio`, `http`, `sse` or `openapi`, as found where a backend leaves the choice.</param>
/// <param name="Version">The protocol revision in use, or that of the OpenAPI document; null where none was agreed on yet.</param>
/// <param name="LastError">What went wrong last, escaped; null where nothing did.</param>
internal sealed record BackendStatus(
    string Backend, string Transport, string? Version, bool IsConnected, int Approved, int Drifted, int Unapproved, string? LastError)
{
    /// <summary>Resources that it listed last.</summary>
    public int Resources { get; init; }

    /// <summary>Prompts that it listed last, whatever their standing.</summary>
    public int Prompts { get; init; }

    public static BackendStatus Of(
        BackendConfig config, string transport, EraSettled? era, bool isConnected, IEnumerable<JudgedTool> tools, BackendReads reads, string? lastError)
    {
        var standings = tools.GroupBy(tool => tool.Standing).ToDictionary(group => group.Key, group => group.Count());
        return new BackendStatus(
            config.Id.Value,
            transport,
            era?.ProtocolVersion,
            isConnected,
            standings.GetValueOrDefault(ToolStanding.Approved),
            standings.GetValueOrDefault(ToolStanding.Drifted),
            standings.GetValueOrDefault(ToolStanding.Unapproved),
            lastError)
        {
            Resources = reads.Resources.Length,
            Prompts = reads.Prompts.Length,
        };
    }
}

/// <summary>`state/backends.json`: how the backends were when the proxy last noted a change, for `harness servers list`.</summary>
internal sealed record StatusFile(DateTimeOffset At, int Process, ImmutableArray<BackendStatus> Backends)
{
    public const string Name = "backends.json";

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var draft = Path.Combine(folder, $"{Name}.{Guid.NewGuid():N}.tmp");
        File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(this, StatusJson.Default.StatusFile));
        File.Move(draft, Path.Combine(folder, Name), overwrite: true);
    }

    /// <summary>Null where no proxy has noted anything, or the file cannot be read.</summary>
    public static StatusFile? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, Name)), StatusJson.Default.StatusFile);
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StatusFile))]
internal sealed partial class StatusJson : JsonSerializerContext;
