using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Doctor;

/// <summary>The identity provider: its metadata and its keys, without which no token can be checked; or development mode.</summary>
internal static class IssuerCheckup
{
    private const int AnswerBytesMax = 1024 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Examination home, CancellationToken cancellationToken)
    {
        var findings = home.Begin("issuer");
        var place = Findings.PlaceOf(File.Exists(home.Home.Settings) ? home.Home.Settings : null);
        var options = home.Authentication;
        if (!home.HasSettings)
            findings.Warn("The issuer cannot be told before the settings are mended.", null, place);
        else if (options is { IsDevelopment: true, DevelopmentAgentId: null })
            findings.Warn("Neither an identity provider nor an agent of development mode is set.", "Set `Agents:Issuer` and `Agents:Audience`, or `Agents:DevelopmentAgent` to develop on this machine.", place);
        else if (options.IsDevelopment)
            findings.Ok($"Development mode, for this machine alone: every request counts as agent `{options.DevelopmentAgent}`. Before others may call, set `Agents:Issuer` and `Agents:Audience`.");
        else if (home.IsOffline)
            findings.Ok($"Tokens are those of `{options.Issuer}`.");
        else if (Uri.TryCreate(options.MetadataAddressOrDefault, UriKind.Absolute, out var metadata))
            await ConnectAsync(home, findings, metadata, place, cancellationToken);
    }

    private static async Task ConnectAsync(Examination home, Findings findings, Uri metadata, SourcePosition? place, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = Limit, MaxResponseContentBufferSize = AnswerBytesMax };
        if (await ReadAsync(home, findings, client, metadata, "metadata", place, cancellationToken) is not { } document)
            return;

        var issuer = Text(document, "issuer");
        if (!string.Equals(issuer, home.Authentication.Issuer, StringComparison.Ordinal))
            findings.Fail($"The metadata is of the issuer `{issuer ?? "none"}`, and `Agents:Issuer` says `{home.Authentication.Issuer}`: every token would be refused. The two are compared letter by letter, a slash at the end included.", $"Copy `{issuer}` into `Agents:Issuer`, if that is the provider you mean.", place);
        if (!Uri.TryCreate(Text(document, "jwks_uri"), UriKind.Absolute, out var keysAt))
        {
            findings.Fail($"The metadata at `{metadata}` names no `jwks_uri`, so no token can be checked.", "See that `Agents:MetadataAddress` is the address of OpenID Connect metadata.", place);
            return;
        }

        if (await ReadAsync(home, findings, client, keysAt, "keys", place, cancellationToken) is not { } keys)
            return;
        var usable = keys.TryGetProperty("keys", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Count(IsForSignatures) : 0;
        if (usable == 0)
            findings.Fail($"`{keysAt}` has no RSA or EC key for signatures, so every token would be refused.", "Have the provider sign access tokens by RS, PS or ES algorithms.", place);
        else if (!findings.HasAny)
            findings.Ok(string.Create(CultureInfo.InvariantCulture, $"`{issuer}` answers, with {usable} key{(usable == 1 ? "" : "s")} for signatures."));
    }

    private static async Task<JsonElement?> ReadAsync(
        Examination home, Findings findings, HttpClient client, Uri address, string what, SourcePosition? place, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(address, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                findings.Fail($"The issuer's {what} cannot be read: `{address}` answers HTTP {(int)response.StatusCode}.", "Correct `Agents:Issuer`, or write the address of the metadata into `Agents:MetadataAddress`.", place);
                return null;
            }

            CheckClock(home, findings, response);
            var document = JsonElement.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            if (document.ValueKind == JsonValueKind.Object)
                return document;
        }
        catch (JsonException)
        {
            // Said below, as for any other answer that is no object.
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            findings.Fail(
                $"The issuer's {what} cannot be read from `{address}`: {(failure is OperationCanceledException ? $"no answer in {Limit.TotalSeconds:0} s" : failure.GetBaseException().Message)}",
                "See that this machine reaches the provider, through a proxy if there is one (HTTPS_PROXY), and trusts its certificate. Until then every agent is refused.", place);
            return null;
        }

        findings.Fail($"The issuer's {what} at `{address}` are no JSON object.", "Correct `Agents:Issuer`, or write the address of the metadata into `Agents:MetadataAddress`.", place);
        return null;
    }

    /// <summary>Tokens are judged by this machine's clock and dated by the issuer's.</summary>
    private static void CheckClock(Examination home, Findings findings, HttpResponseMessage response)
    {
        if (findings.HasAny || response.Headers.Date is not { } theirs)
            return;
        var difference = TimeProvider.System.GetUtcNow() - theirs;
        var tolerated = home.Authentication.ClockSkew + TimeSpan.FromSeconds(2);
        if (difference.Duration() > tolerated)
            findings.Fail(
                $"This machine's clock is {difference.Duration().TotalSeconds:0} s {(difference > TimeSpan.Zero ? "ahead of" : "behind")} the issuer's, and `Agents:ClockSkew` tolerates {home.Authentication.ClockSkew.TotalSeconds:0} s: good tokens would be refused.",
                "Have the clock set by the network (NTP).");
    }

    private static bool IsForSignatures(JsonElement key) =>
        key.ValueKind == JsonValueKind.Object && Text(key, "kty") is "RSA" or "EC" && Text(key, "use") is null or "sig";

    private static string? Text(JsonElement document, string name) =>
        document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
