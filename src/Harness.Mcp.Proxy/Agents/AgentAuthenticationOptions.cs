using System.ComponentModel.DataAnnotations;
using System.Net;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>
/// How agents prove who they are: section `Agents` of the process settings. With an <see cref="Issuer"/> each request needs its
/// access token; without one the proxy is in development mode, on loopback only.
/// </summary>
public sealed class AgentAuthenticationOptions : IValidatableObject
{
    public const string Section = "Agents";

    /// <summary>The OpenID Connect issuer, exactly as its tokens' `iss` has it; null for development mode.</summary>
    public string? Issuer { get; set; }

    /// <summary>The audience that tokens must name exactly: the identifier of this proxy at the issuer. Required with an issuer.</summary>
    public string? Audience { get; set; }

    /// <summary>Where the issuer's metadata is read; default: `.well-known/openid-configuration` under the issuer.</summary>
    public string? MetadataAddress { get; set; }

    /// <summary>Whether the metadata must come over HTTPS; default: true, but for an issuer on loopback.</summary>
    public bool? RequireHttpsMetadata { get; set; }

    /// <summary>
    /// The address under which agents reach the proxy (`https://harness.corp.example`), for metadata and challenges; default: the address
    /// of the request. With it, a token whose audience is the URL of the very endpoint it is sent to is accepted as well (RFC 8707).
    /// </summary>
    public string? PublicUrl { get; set; }

    /// <summary>Scopes that clients are told to ask the issuer for, separated by blanks; default: `mcp`. What an agent may do is decided by its registration and mission, never by a scope.</summary>
    [Required]
    public string Scope { get; set; } = "mcp";

    /// <summary>Clock difference to the issuer that is tolerated, up to 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Development mode: the registered agent that every request counts as. Not allowed with an issuer.</summary>
    public string? DevelopmentAgent { get; set; }

    internal bool IsDevelopment => string.IsNullOrEmpty(Issuer);

    internal AgentId? DevelopmentAgentId => string.IsNullOrEmpty(DevelopmentAgent) ? null : new AgentId(DevelopmentAgent);

    internal string MetadataAddressOrDefault => MetadataAddress ?? $"{Issuer?.TrimEnd('/')}/.well-known/openid-configuration";

    internal bool IsHttpsMetadataRequired =>
        RequireHttpsMetadata ?? !(Uri.TryCreate(MetadataAddressOrDefault, UriKind.Absolute, out var address) && IsLoopback(address));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsDevelopment)
        {
            if (DevelopmentAgentId is null)
                yield return Wrong(nameof(DevelopmentAgent), "names no agent, and there is no `Agents:Issuer`. Set `Agents:Issuer` and `Agents:Audience` of your identity provider, or, to develop on this machine, the id of a registered agent here.");
            if (Audience is not null || MetadataAddress is not null)
                yield return Wrong(nameof(Issuer), "is missing, though other settings of an issuer are there. Set it, or remove `Agents:Audience` and `Agents:MetadataAddress`.");
        }
        else
        {
            if (!IsHttpUrl(Issuer))
                yield return Wrong(nameof(Issuer), "must be an absolute `https:` URL.");
            if (string.IsNullOrEmpty(Audience))
                yield return Wrong(nameof(Audience), "is required with an issuer: the value of `aud` that your identity provider puts into tokens for this proxy.");
            if (DevelopmentAgent is not null)
                yield return Wrong(nameof(DevelopmentAgent), "is not allowed with an issuer. Remove one of the two.");
            if (IsHttpUrl(Issuer) && !IsHttpUrl(MetadataAddressOrDefault))
                yield return Wrong(nameof(MetadataAddress), "must be an absolute `https:` URL.");
            else if (IsHttpsMetadataRequired && !MetadataAddressOrDefault.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && IsHttpUrl(Issuer))
                yield return Wrong(nameof(MetadataAddress), "must use `https:`: the issuer's keys come from there.");
        }

        if (PublicUrl is not null && (!IsHttpUrl(PublicUrl) || new Uri(PublicUrl) is not { AbsolutePath: "/", Query: "", Fragment: "" }))
            yield return Wrong(nameof(PublicUrl), "must be an absolute URL without path, query or fragment, as `https://harness.corp.example`.");
        if (Scope.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0 || Scope.AsSpan().IndexOfAny('"', '\\') >= 0)
            yield return Wrong(nameof(Scope), "may hold printable ASCII but `\"` and `\\`.");
    }

    internal static bool IsLoopback(Uri address) =>
        string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsHttpUrl(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http";

    private static ValidationResult Wrong(string member, string message) => new($"`{Section}:{member}` {message}", [member]);
}
