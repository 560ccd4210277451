namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>One message as an agent might send it: the body's bytes, and the headers that repeat parts of it, rightly or not.</summary>
internal sealed record Sent(byte[] Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    private static readonly (bool IsModern, Part Message)[] Ordinary =
    [
        Modern("tools/call", """ "name":"geo_find","arguments":{"region":"Zürich","zone":42,"flags":{"urgent":true}} """),
        Modern("tools/call", """ "name":"mail_send","arguments":{"to":["a@corp.example"],"body":"Hello","size":12.5,"limits":{"max":1e3,"min":-7}} """, """ "progressToken":"t-1","example.com/trace":{"n":1} """),
        Modern("tools/call", """ "name":"geo_find","arguments":{"region":null,"zone":9007199254740991,"list":[[1,2.50],{"a":{"b":[]}}]} """, """ "io.modelcontextprotocol/logLevel":"info","progressToken":7 """),
        Modern("tools/call", """ "name":"ping_all" """),
        Modern("tools/call", """ "name":"geo_find","arguments":{"zone":7},"requestState":"v1.AAAA-_","inputResponses":{"seat":{"action":"accept","content":{"n":1.50,"s":"7C"}},"r":{"roots":[]}} """),
        Modern("tools/list", """ "cursor":"c-2" """),
        Modern("server/discover", null),
        Modern("subscriptions/listen", """ "notifications":{"toolsListChanged":true} """),
        Legacy("""{"jsonrpc":"2.0","id":"c-1","method":"tools/call","params":{"name":"geo_find","arguments":{"region":"North","zone":-1},"_meta":{"progressToken":3,"claudecode/toolUseId":"t"}}}"""),
        Legacy("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"mail_send","arguments":{"amount":0.1,"items":[{"n":1.10},{"n":-2e-7}]}}}"""),
        Legacy("""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{"name":"c","version":"1.0"}}}"""),
        Legacy("""{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{}}"""),
        Legacy("""{"jsonrpc":"2.0","id":4,"method":"logging/setLevel","params":{"level":"warning"}}"""),
        Legacy("""{"jsonrpc":"2.0","id":5,"method":"ping"}"""),
        Legacy("""{"jsonrpc":"2.0","id":"q-1","result":{"action":"accept","content":{"amount":1.10,"seat":"7C"}}}"""),
        Legacy("""{"jsonrpc":"2.0","id":9,"error":{"code":-1,"message":"The user said no.","data":{"n":1e2}}}"""),
        Legacy("""{"jsonrpc":"2.0","method":"notifications/initialized"}"""),
        Legacy("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2,"reason":"late"}}"""),
        Legacy("""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":0.5,"total":1}}"""),
    ];

    /// <summary>The message of this number among those that a seed stands for.</summary>
    public static Sent Of(long seed, long index)
    {
        var random = new Random((int)(Mixed(Mixed((ulong)seed) + (ulong)index) >> 33));
        var (isModern, ordinary) = Spellings.Pick(random, Ordinary);
        var message = ordinary.Copy();
        for (var left = random.Next(10) == 0 ? 0 : 1 + Math.Min(random.Next(4), random.Next(4)); left > 0; left--) Mutations.Bend(message, random);

        var body = message.ToBytes(random);
        if (random.Next(6) == 0) body = Mutations.Bend(body, random);
        var mirrored = random.Next(3) == 0 ? ordinary.ToBytes(random) : body;
        var headers = isModern || random.Next(4) == 0 ? HeaderMutations.Mirror(mirrored, isModern) : [];
        if (random.Next(3) == 0) HeaderMutations.Bend(headers, random);
        return new Sent(body, headers);
    }

    private static ulong Mixed(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static (bool IsModern, Part Message) Legacy(string message) => (false, Part.Of(message));

    private static (bool IsModern, Part Message) Modern(string method, string? parameters, string? meta = null) => (true, Part.Of(
        $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{ {{Before(parameters)}}"_meta":{ {{Before(meta)}}"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}""" + "}}}"));

    private static string Before(string? members) => members is null ? "" : members + ",";
}
