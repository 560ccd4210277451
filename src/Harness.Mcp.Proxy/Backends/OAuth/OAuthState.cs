using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>What is kept of one authorization server: how it knows the proxy, the token that a person gave, and what renews it.</summary>
internal sealed record IssuerState(
    string? ClientId, string? ClientSecret, string? Method, string? AccessToken, DateTimeOffset? Expires, string? RefreshToken, ImmutableArray<string> Scopes);

/// <summary>`state/oauth/BACKEND.json`: by issuer, since what one server gave means nothing to another; and what the backend asked for that needs a person.</summary>
/// <param name="WantedScopes">Scopes to ask for at the next sign-in, beside those that were asked for before.</param>
/// <param name="Metadata">Where the backend said that it describes itself; null where it did not say it.</param>
internal sealed record OAuthState(ImmutableSortedDictionary<string, IssuerState> Issuers, ImmutableArray<string> WantedScopes, string? Metadata)
{
    public static OAuthState Nothing { get; } = new(ImmutableSortedDictionary.Create<string, IssuerState>(StringComparer.Ordinal), [], null);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(OAuthState))]
internal sealed partial class OAuthStateJson : JsonSerializerContext;

/// <summary>The file of one backend. It holds secrets, so its owner alone may read it, and nothing prints it.</summary>
internal sealed class OAuthStateFile(string stateFolder, string backend)
{
    private readonly string _folder = Path.Combine(stateFolder, "oauth");

    private string FilePath => Path.Combine(_folder, backend + ".json");

    /// <exception cref="OAuthException">It is there and cannot be read.</exception>
    public OAuthState Read()
    {
        try
        {
            if (!File.Exists(FilePath))
                return OAuthState.Nothing;
            var state = JsonSerializer.Deserialize(File.ReadAllBytes(FilePath), OAuthStateJson.Default.OAuthState);
            return state is { Issuers: not null } && !state.Issuers.Values.Any(one => one is null || one.Scopes.IsDefault) && !state.WantedScopes.IsDefault
                ? state with { Issuers = state.Issuers.WithComparers(StringComparer.Ordinal) }
                : throw new OAuthException($"`{FilePath}` is incomplete: remove it, and sign in again.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new OAuthException($"`{FilePath}` cannot be read: remove it, and sign in again.");
        }
    }

    /// <summary>Forgets what sign-ins and registrations gave.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public void Delete()
    {
        if (File.Exists(FilePath))
            File.Delete(FilePath);
    }

    /// <exception cref="OAuthException">It cannot be written.</exception>
    public void Write(OAuthState state)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(_folder);
            else
                Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var draft = $"{FilePath}.{Guid.NewGuid():N}.tmp";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(draft, options))
            {
                JsonSerializer.Serialize(file, state, OAuthStateJson.Default.OAuthState);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, FilePath, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OAuthException($"`{FilePath}` cannot be written: {failure.Message}");
        }
    }
}
