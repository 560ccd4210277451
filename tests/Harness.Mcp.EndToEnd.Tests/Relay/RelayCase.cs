using CsCheck;

namespace Harness.Mcp.EndToEnd.Tests.Relay;

/// <summary>What a request asks for, as its method names it.</summary>
internal enum RelayKind
{
    Tool,
    Resource,
    Prompt,
    Completion,
}

/// <summary>One request with all that is told during it, as JSON text.</summary>
/// <param name="Arguments">The object of arguments of a tool or prompt; what a resource and a completion are asked is fixed.</param>
/// <param name="Meta">Members of the request's `_meta`.</param>
/// <param name="More">Further members of its `params`, which MCP does not know.</param>
/// <param name="Notices">Further members of `params` of notices before the answer: of progress and of a log message, in turn.</param>
/// <param name="Answer">The members of the result, or of the error.</param>
internal sealed record RelayCase(RelayKind Kind, string Arguments, string[] Meta, string[] More, string[][] Notices, string[] Answer, bool IsError)
{
    public const string Tool = "relay";
    public const string Prompt = "relay";
    public const string Uri = "note://17";

    /// <summary>How deep a message may nest, itself and its `params`, `result` or `error` among the levels.</summary>
    private const int DepthMax = 64;

    private static readonly HostileJson Asked = new(HostileFor.Backend);
    private static readonly HostileJson Told = new(HostileFor.Agent);

    /// <summary>Keys that are no key of the protocol in any spelling, and ASCII, as both `params` and `_meta` want them.</summary>
    private static readonly Gen<string> ForeignKey = Gen.OneOf(
        "", "x", "X", "claudecode/toolUseId", "example.com/key", "com.example/deep.key", "constructor", "toString", "0", @"\/", @"a\\b", @"\u0078y", "if", "data", "result").Select(key => $"\"{key}\"");

    private static readonly Gen<string[]> OfTool = HostileJson.MembersOf(ForeignKey, Asked.Value, 4);
    private static readonly Gen<string[]> OfRead = HostileJson.MembersOf(ForeignKey, new HostileJson(HostileFor.AnyBackend).Value, 4);

    private static readonly Gen<string> Annotations = Gen.OneOf(
        "\"annotations\":{\"audience\":[\"user\"],\"priority\":0.10,\"lastModified\":\"2026-01-01T00:00:00Z\",\"x\":1e400}", "\"mimeType\":\"text/plain\"", "\"size\":123456789012345678901234567890");

    private static readonly Gen<string> Content = Gen.Frequency(
        (2, Of(["\"type\":\"text\""], Told.Text.Select(text => $"\"text\":{text}"))),
        (2, Of(["\"type\":\"example.com/hologram\""], Told.Value.Select(value => $"\"beam\":{value}"))),
        (1, Of(["\"type\":\"image\"", "\"mimeType\":\"image/png\""], Gen.Const("\"data\":\"AA+/==\""))),
        (1, Of(["\"type\":\"resource_link\"", "\"name\":\"n\"", $"\"uri\":\"{Uri}\""], Annotations)),
        (1, Of(["\"type\":\"resource\"", $"\"resource\":{{\"uri\":\"{Uri}\",\"text\":\"x\",\"q\":1.10}}"], Annotations)));

    private static readonly Gen<string> Contents = Of([$"\"uri\":\"{Uri}\""], Gen.Frequency((3, Told.Text.Select(text => $"\"text\":{text}")), (1, Gen.Const("\"blob\":\"AA+/==\""))));

    private static readonly Gen<string> Message = Of(["\"role\":\"user\""], Gen.Frequency((2, Content), (1, Content.Array[0, 2].Select(parts => $"[{string.Join(',', parts)}]"))).Select(content => $"\"content\":{content}"));

    private static readonly Gen<string> Completed = Of([], Told.Text.Array[0, 3].Select(values => $"\"values\":[{string.Join(',', values)}]"));

    private static readonly Gen<string[]> Error = Gen.Select(
        Gen.OneOf("-32603", "-32000", "7", "0", "2147483647", "-32050", "-32601"), Told.Text,
        Gen.Frequency((1, Gen.Const("")), (2, Told.Object), (4, Told.Value), (1, Told.Deep(DepthMax - 2))),
        (code, message, data) => Present($"\"code\":{code}", $"\"message\":{message}", data.Length == 0 ? "" : $"\"data\":{data}"));

    public static Gen<RelayCase> Of(RelayKind kind) => Gen.Select(
        kind switch
        {
            RelayKind.Tool => Gen.Frequency((6, Asked.Object), (1, Asked.Deep(DepthMax - 3).Select(value => $"{{\"deep\":{value}}}"))),
            RelayKind.Prompt => Asked.Text.Select(text => $"{{\"about\":{text}}}"),
            _ => Gen.Const("{}"),
        },
        kind == RelayKind.Tool ? OfTool : OfRead,
        kind switch { RelayKind.Tool => OfTool, RelayKind.Completion => Gen.Const(Array.Empty<string>()), _ => OfRead },
        HostileJson.MembersOf(Told.Key.Where(key => key is not "\"_meta\""), Told.Value, 3).Array[0, 2],
        Gen.Frequency((3, Result(kind).Select(members => (Members: members, IsError: false))), (1, Error.Select(members => (Members: members, IsError: true)))),
        (arguments, meta, more, notices, answer) => new RelayCase(kind, arguments, meta, more, notices, answer.Members, answer.IsError));

    public string Method => Kind switch
    {
        RelayKind.Tool => "tools/call",
        RelayKind.Resource => "resources/read",
        RelayKind.Prompt => "prompts/get",
        _ => "completion/complete",
    };

    /// <summary>What `params` asks for, as the backend knows it, or as an agent does.</summary>
    /// <param name="backend">Whose names an agent uses; null for the backend's own.</param>
    public string[] Parameters(string? backend) => Kind switch
    {
        RelayKind.Tool => [$"\"name\":\"{Name(backend)}\"", $"\"arguments\":{Arguments}"],
        RelayKind.Resource => [$"\"uri\":\"{Name(backend)}\""],
        RelayKind.Prompt => [$"\"name\":\"{Name(backend)}\"", $"\"arguments\":{Arguments}"],
        _ => [$"\"ref\":{{\"type\":\"ref/prompt\",\"name\":\"{Name(backend)}\"}}", "\"argument\":{\"name\":\"about\",\"value\":\"\"}"],
    };

    /// <summary>The name or URI that the request is for.</summary>
    public string Name(string? backend) => Kind == RelayKind.Resource ? backend is null ? Uri : $"{backend}+{Uri}" : backend is null ? Tool : $"{backend}_{Tool}";

    public override string ToString() => string.Join(
        "\n  ", $"{Kind} {Arguments}", $"meta {string.Join(',', Meta)}", $"more {string.Join(',', More)}", $"notices {string.Join(" | ", Notices.Select(members => string.Join(',', members)))}", $"answer {string.Join(',', Answer)}");

    private static Gen<string[]> Result(RelayKind kind)
    {
        var parts = kind switch
        {
            RelayKind.Tool => Gen.Select(
                List("content", Content), Gen.Frequency((3, Told.Object), (2, Told.Value), (1, Told.Deep(DepthMax - 2)), (2, Gen.Const(""))), Gen.OneOf("\"isError\":true", "\"isError\":false", ""),
                (content, structured, isError) => Present(content, structured.Length == 0 ? "" : $"\"structuredContent\":{structured}", isError)),
            RelayKind.Resource => List("contents", Contents).Select(contents => Present(contents)),
            RelayKind.Prompt => Gen.Select(List("messages", Message), Told.Text, (messages, text) => Present(messages, $"\"description\":{text}")),
            _ => Completed.Select(completion => Present($"\"completion\":{completion}")),
        };
        return Gen.Select(
                parts,
                HostileJson.MembersOf(Gen.Frequency((4, Told.Key), (1, Gen.Const("\"io.modelcontextprotocol/serverInfo\""))), Told.Value, 4).Select(meta => $"\"_meta\":{{{string.Join(',', meta)}}}"),
                HostileJson.MembersOf(Gen.OneOf("\"\"", "\"__proto__\"", "\"Content\"", "\"x-more\"", "\"id\"", "\"error\"", @"""\u2028""", "\"nextCursor\""), Told.Value, 3))
            .SelectMany((own, meta, more) => Gen.Shuffle((string[])[.. own, meta, .. more]));
    }

    private static Gen<string> List(string key, Gen<string> item) => item.Array[0, 4].Select(items => $"\"{key}\":[{string.Join(',', items)}]");

    /// <summary>An object of these members, of one more, and of some that are hostile.</summary>
    private static Gen<string> Of(string[] members, Gen<string> own) => Gen.Select(
        own, HostileJson.MembersOf(Gen.OneOf("\"\"", "\"__proto__\"", "\"annotations\"", "\"_meta\"", "\"icons\"", "\"size\"", @"""\u0000"""), Told.Value, 3),
        (mine, more) => $"{{{string.Join(',', HostileJson.OnlyFirst([.. members, mine, .. more]))}}}");

    private static string[] Present(params string[] members) => [.. members.Where(member => member.Length > 0)];
}
