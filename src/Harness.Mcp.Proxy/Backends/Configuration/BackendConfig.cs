using System.Collections.Immutable;
using System.Net;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>One backend as its file in `servers.config` describes it, with every environment reference resolved.</summary>
internal sealed record BackendConfig
{
    public required BackendId Id { get; init; }

    /// <summary>The person or team that answers for the backend and its labels.</summary>
    public required string Owner { get; init; }

    public required string Domain { get; init; }

    public required BackendConnection Connection { get; init; }

    public EraPreference Era { get; init; } = EraPreference.Auto;

    public BackendLimits Limits { get; init; } = new();

    public PinPolicy Pins { get; init; } = PinPolicy.FirstUse;

    public NameForm Expose { get; init; } = NameForm.Prefixed;

    /// <summary>What holds for tools that <see cref="Tools"/> does not name; null where the owner says nothing of them.</summary>
    public ToolTerms? Defaults { get; init; }

    public required ImmutableDictionary<string, ToolTerms> Tools { get; init; }

    /// <summary>What the owner says of resources, by URI or URI template.</summary>
    public ImmutableArray<ResourceTerms> Resources { get; init; } = [];

    /// <summary>What the owner says of prompts, by name.</summary>
    public ImmutableDictionary<string, ToolTerms> Prompts { get; init; } = ImmutableDictionary<string, ToolTerms>.Empty;

    /// <summary>What the owner says of what the backend asks agents for.</summary>
    public AskTerms Asks { get; init; } = AskTerms.Default;

    /// <summary>Hosts whose images results may show; others are taken out. Null leaves results as they come.</summary>
    public ImmutableArray<string>? Images { get; init; }

    /// <summary>The owner's rules for every call of the backend; null for none.</summary>
    public RuleSource? Terms { get; init; }

    /// <summary>Where the backend is described.</summary>
    public required SourcePosition Position { get; init; }

    /// <summary>Digest of everything that shapes the connection: while it stays the same, channels stay open.</summary>
    public required Digest ConnectionDigest { get; init; }

    /// <summary>The terms of a tool; null where the owner says nothing of it.</summary>
    public ToolTerms? TermsOf(string tool) => Tools.GetValueOrDefault(tool) ?? Defaults;

    /// <summary>The approved digest that stands in the backend's file, of a tool or of what <see cref="ReadDefinition"/> names; null for none.</summary>
    public Digest? PinOf(string definition) => ReadDefinition.OwnName(definition) switch
    {
        (ReadKind.Prompt, var prompt) => Prompts.GetValueOrDefault(prompt)?.Pin,
        (ReadKind.Template, var template) => Resources.FirstOrDefault(resource => string.Equals(resource.Pattern.Text, template, StringComparison.Ordinal))?.Terms.Pin,
        _ => Tools.GetValueOrDefault(definition)?.Pin,
    };

    /// <summary>What the owner says of a tool. A tool without a described effect counts as the widest class.</summary>
    public ToolFacts FactsOf(string tool, Digest definition)
    {
        var id = new ToolId(Id, tool);
        var terms = TermsOf(tool);
        return terms is null ? ToolFacts.Widest(id, Domain, definition) : terms.FactsOf(id, Domain, definition);
    }
}

/// <summary>How a backend is reached.</summary>
internal abstract record BackendConnection
{
    private BackendConnection() { }

    /// <summary>The transport's name for operators and programs: `stdio`, `http`, `sse` or `openapi`.</summary>
    public abstract string Transport { get; }

    /// <summary>Whether requests go by the forward proxy that the environment names (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`). Only its owner's word leads them there.</summary>
    public bool UsesEnvironmentProxy { get; init; }

    /// <summary>The forward proxy; null for none.</summary>
    public IWebProxy? ForwardProxy => UsesEnvironmentProxy ? HttpClient.DefaultProxy : null;

    /// <summary>A program that speaks over its standard streams. It gets <paramref name="Environment"/> and nothing else; no shell is involved.</summary>
    /// <param name="Command">An absolute path, or a name that is looked up in the child's own PATH.</param>
    public sealed record Stdio(
        string Command, ImmutableArray<string> Arguments, ImmutableDictionary<string, Secret> Environment, string WorkingDirectory) : BackendConnection
    {
        public override string Transport => "stdio";
    }

    /// <summary>An endpoint over HTTP. <paramref name="Headers"/> are the proxy's own credentials.</summary>
    public sealed record Http(Uri Endpoint, ImmutableDictionary<string, Secret> Headers) : BackendConnection
    {
        public HttpForm Form { get; init; } = HttpForm.Either;

        /// <summary>How the proxy gets access tokens; null for headers alone.</summary>
        public OAuthTerms? OAuth { get; init; }

        public override string Transport => Form == HttpForm.Sse ? "sse" : "http";
    }

    /// <summary>A service over HTTP that an OpenAPI document describes: its operations are the tools.</summary>
    /// <param name="Document">A `file` address for one in the home, else where it is fetched.</param>
    /// <param name="Base">What the paths of the document are under; null leaves it to the document's `servers`.</param>
    /// <param name="Headers">The proxy's own credentials, sent with each call.</param>
    /// <param name="AllowsPlainHttp">Whether plain http may leave this machine.</param>
    public sealed record OpenApi(Uri Document, Uri? Base, ImmutableDictionary<string, Secret> Headers, bool AllowsPlainHttp) : BackendConnection
    {
        /// <summary>How the proxy gets access tokens; null for headers alone.</summary>
        public OAuthTerms? OAuth { get; init; }

        public override string Transport => "openapi";
    }
}

/// <summary>Which of the two HTTP transports an endpoint speaks.</summary>
internal enum HttpForm
{
    /// <summary>Streamable HTTP, and HTTP+SSE where it is not known there.</summary>
    Either,

    /// <summary>Streamable HTTP alone.</summary>
    Streamable,

    /// <summary>HTTP+SSE of 2024-11-05, which MCP deprecated. It speaks the legacy era alone.</summary>
    Sse,
}

/// <summary>A value that must not be printed.</summary>
internal readonly record struct Secret(string Value)
{
    public override string ToString() => "***";
}

/// <summary>Which protocol era to speak with a backend.</summary>
internal enum EraPreference
{
    /// <summary>Ask for 2026-07-28 first, fall back to `initialize`.</summary>
    Auto,
    Modern,
    Legacy,
}

/// <summary>How a tool's definition comes to be approved.</summary>
internal enum PinPolicy
{
    /// <summary>What the backend publishes when it is first seen is approved; every later change waits for `harness servers approve`.</summary>
    FirstUse,

    /// <summary>Only tools whose `pin` stands in the backend's file are approved.</summary>
    Explicit,
}

/// <summary>The names under which agents see a backend's tools.</summary>
internal enum NameForm
{
    /// <summary>`backend_tool`, so that no two backends can be mistaken for each other.</summary>
    Prefixed,

    /// <summary>The tools' own names, for clients that know a tool by its name. A name that another tool has too is kept out.</summary>
    Bare,
}

/// <summary>Bounds of one backend.</summary>
internal sealed record BackendLimits
{
    /// <summary>Longest time from start to a finished handshake, and for one page of a list.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest silence of a call in flight; progress counts as a sign of life.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Longest duration of a call, whatever progress it reports.</summary>
    public TimeSpan Call { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A mission's channel without calls is closed after this time.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The tool list is read again after this time, for backends whose change notices get lost.</summary>
    public TimeSpan Relist { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Calls in flight at once, over all missions.</summary>
    public int Concurrency { get; init; } = 32;

    /// <summary>Bytes of one message from the backend, from 1 KiB to 64 MiB.</summary>
    public int MessageBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>Tools taken from the backend; a longer list is refused as a whole.</summary>
    public int ToolsMax { get; init; } = 1000;
}

/// <summary>What the owner says of the resources that a URI or a URI template names.</summary>
internal sealed record ResourceTerms(UriPattern Pattern, ToolTerms Terms);

/// <summary>What the owner says of one tool, or of all tools that are not named.</summary>
internal sealed record ToolTerms
{
    public required Effect Effect { get; init; }

    public ImmutableArray<FieldPath> Targets { get; init; } = [];

    public ImmutableArray<FieldPath> Content { get; init; } = [];

    public ImmutableArray<string> Sinks { get; init; } = [];

    public ImmutableArray<string> Labels { get; init; } = [];

    public ImmutableArray<FieldLabels> Fields { get; init; } = [];

    public ResultForm Results { get; init; } = ResultForm.Json;

    public NumberForm Numbers { get; init; } = NumberForm.Double;

    /// <summary>The approved definition's digest, where the owner pins the tool by hand.</summary>
    public Digest? Pin { get; init; }

    public ToolFacts FactsOf(ToolId tool, string domain, Digest definition) => new()
    {
        Id = tool,
        Domain = domain,
        Effect = Effect,
        Targets = Targets,
        Content = Content,
        Labels = new ResultLabels(Labels, Fields),
        Sinks = Sinks,
        Definition = definition,
    };
}
