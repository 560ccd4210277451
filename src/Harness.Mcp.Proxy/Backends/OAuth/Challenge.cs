using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>What a backend says when it refuses a request for want of a token, or of rights (RFC 6750, RFC 9728).</summary>
/// <param name="IsForRights">The token was good and its scopes were not.</param>
/// <param name="Scopes">What the request would need; empty where the backend does not say it.</param>
/// <param name="Metadata">Where the backend describes itself; null where it does not say it.</param>
internal sealed record Challenge(bool IsForRights, ImmutableArray<string> Scopes, string? Metadata)
{
    /// <summary>The challenge for a bearer token; null where the answer is none.</summary>
    public static Challenge? Of(HttpResponseMessage response)
    {
        var bearer = response.Headers.WwwAuthenticate.FirstOrDefault(header => string.Equals(header.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase));
        var parameters = Parameters(bearer);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new Challenge(false, Scope.Split(parameters.GetValueOrDefault("scope")), parameters.GetValueOrDefault("resource_metadata")),
            HttpStatusCode.Forbidden when parameters.GetValueOrDefault("error") == "insufficient_scope" =>
                new Challenge(true, Scope.Split(parameters.GetValueOrDefault("scope")), parameters.GetValueOrDefault("resource_metadata")),
            _ => null,
        };
    }

    private static Dictionary<string, string> Parameters(AuthenticationHeaderValue? header)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var rest = (header?.Parameter ?? "").AsSpan().Trim();
        while (rest.IndexOf('=') is var equals and > 0)
        {
            var name = rest[..equals].Trim().Trim(',').Trim().ToString();
            rest = rest[(equals + 1)..].TrimStart();
            string value;
            if (rest is ['"', ..])
            {
                var end = 1;
                while (end < rest.Length && rest[end] != '"')
                    end += rest[end] == '\\' ? 2 : 1;
                value = rest[1..Math.Min(end, rest.Length)].ToString().Replace("\\", "", StringComparison.Ordinal);
                rest = rest[Math.Min(end + 1, rest.Length)..].TrimStart().TrimStart(',').TrimStart();
            }
            else
            {
                var end = rest.IndexOf(',');
                value = (end < 0 ? rest : rest[..end]).Trim().ToString();
                rest = end < 0 ? [] : rest[(end + 1)..].TrimStart();
            }

            parameters.TryAdd(name, value);
        }

        return parameters;
    }
}

/// <summary>Lists of scopes, as OAuth writes them.</summary>
internal static class Scope
{
    public static ImmutableArray<string> Split(string? text) =>
        [.. (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];

    /// <summary>Each once, in the order in which they came.</summary>
    public static ImmutableArray<string> Union(params ReadOnlySpan<ImmutableArray<string>> lists)
    {
        var all = ImmutableArray.CreateBuilder<string>();
        foreach (var list in lists)
            foreach (var scope in list)
                if (!all.Contains(scope))
                    all.Add(scope);
        return all.ToImmutable();
    }
}
