using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>A message worth keeping.</summary>
/// <param name="About">What it is about, for people.</param>
/// <param name="Accepted">Whether the gate lets it pass, headers and all; null for a message that was only found, where the next person judges.</param>
/// <param name="Body">The bytes, in base64: they need not be text.</param>
internal sealed record KeptMessage(string About, bool? Accepted, string Body, IReadOnlyDictionary<string, string[]>? Headers = null)
{
    [JsonIgnore]
    public Sent Sent => new(
        Convert.FromBase64String(Body),
        [.. (Headers ?? new Dictionary<string, string[]>(StringComparer.Ordinal)).SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value)))]);
}

/// <summary>The messages of `fuzz-corpus`, one a file: what parsers once read differently, and what lies next to it. Every run plays them first.</summary>
internal static class FuzzCorpus
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private static string Folder { get; } = RepositoryFolder.Of("tests", "Harness.Mcp.Proxy.Tests", "fuzz-corpus");

    public static IEnumerable<(string File, KeptMessage Message)> All =>
        Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), JsonSerializer.Deserialize<KeptMessage>(File.ReadAllBytes(file), Form)!));

    /// <summary>Keeps a message that was found, so that no later run forgets it.</summary>
    public static void Keep(string about, Sent sent)
    {
        var headers = sent.Headers.GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(group => group.Key, group => group.Select(header => header.Value).ToArray(), StringComparer.Ordinal);
        var name = Convert.ToHexStringLower(SHA256.HashData(sent.Body))[..12];
        var kept = new KeptMessage(about, null, Convert.ToBase64String(sent.Body), headers.Count == 0 ? null : headers);
        File.WriteAllText(Path.Combine(Folder, $"found-{name}.json"), JsonSerializer.Serialize(kept, Form) + "\n");
    }
}
