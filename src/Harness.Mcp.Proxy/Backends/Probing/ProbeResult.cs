using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.OpenApi;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>What one look at a backend found.</summary>
internal abstract record ProbeResult
{
    private ProbeResult() { }

    /// <summary>It answers and lists its tools.</summary>
    /// <param name="Transport">`stdio`, `http`, `sse` or `openapi`, as found where the description leaves the choice.</param>
    /// <param name="Connecting">From the start to a finished handshake.</param>
    /// <param name="Listing">For the whole list of tools, over all pages.</param>
    /// <param name="Tools">As the backend published them; nothing of them has been checked.</param>
    /// <param name="Junk">The first line on its standard output that was no message, escaped; null for none.</param>
    public sealed record Reached(EraSettled Era, string Transport, TimeSpan Connecting, TimeSpan Listing, ImmutableArray<JsonElement> Tools, string? Junk) : ProbeResult
    {
        /// <summary>Operations of an OpenAPI document that are no tools, with the reason.</summary>
        public ImmutableArray<LeftOutOperation> LeftOut { get; init; } = [];

        /// <summary>Its resources, templates and prompts, as it published them; a list that it does not give is null.</summary>
        public BackendListing? Others { get; init; }
    }

    /// <summary>It cannot be used.</summary>
    /// <param name="Message">One sentence or two; words of the backend's are escaped and in backticks.</param>
    /// <param name="Remedy">What its owner can do.</param>
    public sealed record Failed(ProbeCause Cause, string Message, string Remedy) : ProbeResult;
}

/// <summary>Why a backend cannot be used, as far as can be seen from outside.</summary>
/// <param name="Id">Lower-case words with hyphens; programs filter by it, so it is a promise.</param>
internal readonly record struct ProbeCause(string Id)
{
    /// <summary>There is no such program.</summary>
    public static readonly ProbeCause CommandNotFound = new("command-not-found");

    /// <summary>There is no such working directory.</summary>
    public static readonly ProbeCause FolderNotFound = new("folder-not-found");

    /// <summary>The program is there and cannot be run.</summary>
    public static readonly ProbeCause NotRunnable = new("not-runnable");

    /// <summary>The program ran, and a file that it was to read was not there.</summary>
    public static readonly ProbeCause FileNotFound = new("file-not-found");

    /// <summary>The program asks for an environment variable that it is not given.</summary>
    public static readonly ProbeCause VariableMissing = new("variable-missing");

    /// <summary>The program ended before it had answered.</summary>
    public static readonly ProbeCause Ended = new("ended");

    /// <summary>Its standard output holds other text than messages, and no answer.</summary>
    public static readonly ProbeCause JunkOnOutput = new("junk-on-output");

    /// <summary>No answer within the time.</summary>
    public static readonly ProbeCause Silent = new("silent");

    /// <summary>The host's name is not known.</summary>
    public static readonly ProbeCause HostUnknown = new("host-unknown");

    /// <summary>Nothing listens there, or no way leads there.</summary>
    public static readonly ProbeCause Unreachable = new("unreachable");

    /// <summary>No TLS connection came about.</summary>
    public static readonly ProbeCause Tls = new("tls");

    /// <summary>The server refuses the proxy's credentials, or wants some.</summary>
    public static readonly ProbeCause Credentials = new("credentials");

    /// <summary>The server answers from another address.</summary>
    public static readonly ProbeCause Redirected = new("redirected");

    /// <summary>The server has no MCP endpoint at this path.</summary>
    public static readonly ProbeCause NoEndpoint = new("no-endpoint");

    /// <summary>Something answers, and it does not speak MCP.</summary>
    public static readonly ProbeCause NotMcp = new("not-mcp");

    /// <summary>The server reports a failure of its own.</summary>
    public static readonly ProbeCause ServerError = new("server-error");

    /// <summary>The OpenAPI document is not there, or cannot be used.</summary>
    public static readonly ProbeCause Document = new("document");

    /// <summary>Handshake or list went wrong in another way; the message says how.</summary>
    public static readonly ProbeCause Protocol = new("protocol");

    public override string ToString() => Id;
}
