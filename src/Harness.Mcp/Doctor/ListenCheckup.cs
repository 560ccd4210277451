using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Doctor;

/// <summary>The address that agents connect to: whether it may be used as it is set up, and whether it is free or answered by this program.</summary>
internal static class ListenCheckup
{
    private const int AnswerBytesMax = 64 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Examination home, CancellationToken cancellationToken)
    {
        var findings = home.Begin("listen");
        var url = home.Listen.Url;
        var place = Findings.PlaceOf(File.Exists(home.Home.Settings) ? home.Home.Settings : null);
        if (!home.HasSettings)
        {
            findings.Warn("Where the proxy listens cannot be told before the settings are mended.", null, place);
            return;
        }

        // `+` and `*` stand for every address of the machine.
        if (!Uri.TryCreate(url.Replace("://+", "://0.0.0.0", StringComparison.Ordinal).Replace("://*", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var address))
            findings.Fail($"`{url}` is no address.", "Write it as `http://127.0.0.1:7777`.", place);
        else if (address.Scheme != "http")
            findings.Fail($"`{url}` is not plain http, and the proxy speaks no TLS itself: it does not start.", "Listen on `http://127.0.0.1:PORT`, and put a reverse proxy with a certificate in front.", place);
        else if (home.Authentication.IsDevelopment && DevelopmentModeCheck.FirstExposed([url]) is not null)
            findings.Fail($"Without an issuer the proxy is in development mode, which is for this machine alone, and `{url}` is open to others: it does not start.", "Listen on `http://127.0.0.1:PORT`, or set `Agents:Issuer` and `Agents:Audience`.", place);
        else
            await CheckAddressAsync(home, findings, address, cancellationToken);

        if (address is not null && !AgentAuthenticationOptions.IsLoopback(address) && home.Wire.AllowedHosts.Count == 0)
            findings.Warn("The proxy listens to other machines, and answers none that addresses it by other names than those of loopback.", "List the names by which agents reach it in `Wire:AllowedHosts`.", place);
    }

    private static async Task CheckAddressAsync(Examination home, Findings findings, Uri address, CancellationToken cancellationToken)
    {
        var url = home.Listen.Url;
        if (address.Port == 0)
        {
            findings.Ok($"`{url}` takes a free port at each start.");
            return;
        }

        if (home.IsOffline)
        {
            findings.Ok($"Agents connect to `{url}`.");
            return;
        }

        switch (await AskAsync(address, cancellationToken))
        {
            case Answer.Ours when home.IsRunning:
                findings.Ok($"`{url}` is answered by this program.");
                break;
            case Answer.Ours:
                findings.Fail($"`{url}` is answered by this program, though on another home.", "Give each home its own port in `Listen:Url`, or stop the other.");
                break;
            case Answer.Other:
                findings.Fail($"`{url}` is taken by another program.", "Stop that one, or set another port in `Listen:Url`.");
                break;
            case Answer.None when CannotBind(address) is { } why:
                findings.Fail($"Nothing can listen at `{url}`: {why}", "Set an address of this machine and a port from 1024 on in `Listen:Url`.");
                break;
            case Answer.None when home.IsRunning:
                findings.Warn($"Nobody answers at `{url}`, though a `harness run` works on this home: it listens elsewhere, or has only just started.", "Look for `--listen` where it is started.");
                break;
            default:
                findings.Ok($"`{url}` is free.");
                break;
        }
    }

    private enum Answer
    {
        /// <summary>Nobody listens.</summary>
        None,

        /// <summary>This program, on whatever home.</summary>
        Ours,

        /// <summary>Something else.</summary>
        Other,
    }

    /// <summary>Asks as an agent would, for a mission that cannot exist: what comes back tells this program from others, and leaves no trace in a chain.</summary>
    private static async Task<Answer> AskAsync(Uri address, CancellationToken cancellationToken)
    {
        var reached = new UriBuilder(address) { Host = address.Host is "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host, Path = HarnessWire.MissionPath.Replace("{mission}", "A", StringComparison.Ordinal) }.Uri;
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = Limit }) { Timeout = Limit, MaxResponseContentBufferSize = AnswerBytesMax };
        using var request = new HttpRequestMessage(HttpMethod.Post, reached)
        {
            Content = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Accept", "application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", "server/discover");
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
                return response.Headers.WwwAuthenticate.ToString().Contains(ProtectedResource.WellKnown + "/m/A/mcp", StringComparison.Ordinal) ? Answer.Ours : Answer.Other;
            return IsOurs(await response.Content.ReadAsStringAsync(cancellationToken)) ? Answer.Ours : Answer.Other;
        }
        catch (HttpRequestException refused) when (refused.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return Answer.None;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } ? Answer.None : Answer.Other;
        }
    }

    /// <summary>An error with a reason code of ours.</summary>
    private static bool IsOurs(string text)
    {
        try
        {
            using var answer = JsonDocument.Parse(text);
            return answer.RootElement.ValueKind == JsonValueKind.Object
                && answer.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
                && data.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String && reason.ValueEquals("agent_not_of_mission");
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Why this account cannot listen there; null where it can.</summary>
    private static string? CannotBind(Uri address)
    {
        if (!IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            return null;
        try
        {
            using var listener = new TcpListener(ip, address.Port);
            listener.Start();
            return null;
        }
        catch (SocketException failure)
        {
            return failure.Message;
        }
    }
}
