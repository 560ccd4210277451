using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class ServersConfigParserTests
{
    private const string Mail = """
        {
          "$schema": "servers.schema.json",
          "name": "mail", "owner": "it@corp.example", "domain": "data",
          "command": "node", "args": ["server.js", "--key=${env:MAIL_KEY}"], "env": { "TOKEN": "${env:MAIL_KEY}" }, "cwd": "sub",
          "timeouts": { "call": "5m", "quiet": "500ms" }, "limits": { "concurrency": 3 },
          "defaults": { "effect": "read", "labels": ["untrusted"], "results": "yaml" },
          "tools": {
            "send": { "effect": "send", "targets": ["to"], "content": ["body", "subject"], "sinks": ["external"], "labels": [], "fields": { "users[].mail": ["personal"] }, "results": "json", "numbers": "exact" },
            "peek": { "targets": ["id"] }
          }
        }
        """;

    private static readonly Digest Definition = Digest.Of("x"u8);

    [Fact]
    public void OwnForm_IsRead_InFull()
    {
        var config = Assert.Single(Valid(Mail));

        Assert.Equal("mail", config.Id.Value);
        var stdio = Assert.IsType<BackendConnection.Stdio>(config.Connection);
        Assert.Equal("node", stdio.Command);
        Assert.Equal<string>(["server.js", "--key=k3y"], stdio.Arguments);
        Assert.Equal("/home/sub", stdio.WorkingDirectory);
        Assert.Equal(["LANG", "PATH", "TOKEN"], stdio.Environment.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("k3y", stdio.Environment["TOKEN"].ToString(), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(5), config.Limits.Call);
        Assert.Equal(3, config.Limits.Concurrency);

        var send = config.FactsOf("send", Definition);
        Assert.Equal(Effect.Send, send.Effect);
        Assert.Equal(["body", "subject"], send.Content.Select(path => path.Text));
        Assert.Equal<string>(["personal"], send.Labels.All);
        Assert.Equal<string>(["external"], send.Sinks);
        Assert.Equal(ResultForm.Json, config.TermsOf("send")?.Results);
        Assert.Equal(NumberForm.Exact, config.TermsOf("send")?.Numbers);
        Assert.Equal(NumberForm.Double, config.TermsOf("peek")?.Numbers);
    }

    [Fact]
    public void Defaults_GiveWhatAToolLeavesOut()
    {
        var config = Assert.Single(Valid(Mail));

        var peek = config.FactsOf("peek", Definition);
        var unnamed = config.FactsOf("other", Definition);

        Assert.Equal(Effect.Read, peek.Effect);
        Assert.Equal<string>(["untrusted"], peek.Labels.All);
        Assert.Equal("id", Assert.Single(peek.Targets).Text);
        Assert.Equal(Effect.Read, unnamed.Effect);
        Assert.Equal(ResultForm.Yaml, config.TermsOf("peek")?.Results);
        Assert.Equal(ResultForm.Yaml, config.TermsOf("other")?.Results);
    }

    [Fact]
    public void Resource_IsWhatTheNearestEntrySays_AndUntrustedWhereNoneDoes()
    {
        var config = Assert.Single(Valid("""
            { "name": "a", "owner": "o", "domain": "d", "url": "http://127.0.0.1:1/mcp", "defaults": { "effect": "read" },
              "resources": {
                "file:///{+path}": { "labels": ["internal"] },
                "file:///hr/{+path}": { "labels": ["personal"], "targets": ["uri"] },
                "file:///hr/handbook.txt": { }
              },
              "prompts": { "greet": { "labels": ["internal"] } } }
            """));
        var reads = BackendReads.Of(config, ReadOffers.None, [], []);

        string[] LabelsOf(string uri) => [.. reads.OfResource(uri).Facts.Labels.All];

        Assert.Equal(["internal"], LabelsOf("file:///a/b"));
        Assert.Equal(["personal"], LabelsOf("file:///hr/pay.csv"));
        Assert.Equal([], LabelsOf("file:///hr/handbook.txt"));
        Assert.Equal(["untrusted"], LabelsOf("other://x"));
        Assert.Equal("uri", Assert.Single(reads.OfResource("file:///hr/pay.csv").Facts.Targets).Text);
        Assert.All((string[])["file:///a", "other://x"], uri => Assert.Equal(Effect.Read, reads.OfResource(uri).Facts.Effect));
        Assert.Equal<string>(["external"], reads.OfResource("other://x").Facts.Sinks);
    }

    [Fact]
    public void Asks_AreAsTheOwnerSays_AndUntrustedWithoutPagesByDefault()
    {
        const string Open = """{ "name": "a", "owner": "o", "domain": "d", "url": "http://127.0.0.1:1/mcp" }""";
        var config = Assert.Single(Valid(Open.Replace(" }", """, "asks": { "labels": ["personal"], "hosts": ["pay.corp.example"], "listing": ["elicitation", "roots"] } }""", StringComparison.Ordinal)));
        var silent = Assert.Single(Valid(Open));

        Assert.Equal<string>(["personal"], config.Asks.Labels);
        Assert.Equal<string>(["pay.corp.example"], config.Asks.Hosts);
        Assert.Equal(AgentInputs.Elicitation | AgentInputs.Roots, config.Asks.Listing);
        Assert.Equal<string>(["untrusted"], silent.Asks.Labels);
        Assert.Empty(silent.Asks.Hosts);
        Assert.Equal(AgentInputs.None, silent.Asks.Listing);
        Assert.NotEqual(silent.ConnectionDigest, config.ConnectionDigest); // A listing under other declarations is another listing.
    }

    [Fact]
    public void Tool_CountsAsTheWidestClass_WhereItsOwnerSaysNothing()
    {
        var config = Assert.Single(Valid("""{ "name": "a", "owner": "o", "domain": "d", "url": "http://127.0.0.1:1/mcp" }"""));

        var facts = config.FactsOf("any", Definition);

        Assert.Equal(Effect.Unknown, facts.Effect);
        Assert.Equal<string>(["untrusted"], facts.Labels.All);
        Assert.Equal<string>(["external"], facts.Sinks);
    }

    [Theory]
    [InlineData("""{ "mcpServers": { "My_Files": { "command": "npx", "args": ["-y", "pkg", "${MAIL_KEY}", "${NOPE:-d}"], "autoApprove": [] } } }""", "my-files")]
    [InlineData("""{ "inputs": [], "servers": { "web": { "type": "http", "url": "https://x.example/mcp", "headers": { "Authorization": "Bearer ${env:MAIL_KEY}" } } } }""", "web")]
    public void ClientFile_IsTakenUnchanged_AsWidestClass(string json, string name)
    {
        var config = Assert.Single(Valid(json));

        Assert.Equal(name, config.Id.Value);
        Assert.Equal(Effect.Unknown, config.FactsOf("any", Definition).Effect);
    }

    [Fact]
    public void EveryMistake_IsNamed_WithItsPlaceAndRemedy()
    {
        var problems = Parse("""
            {
              "name": "Mail", "owner": "it", "domian": "data",
              "command": "node server.js", "env": { "T": "${env:NOPE}" },
              "tools": { "send": { "effect": "sent", "pin": "sha-256:xyz" }, "peek": {} }
            }
            """).Problems;

        var texts = problems.Select(problem => problem.ToString()).ToArray();
        Assert.Contains(texts, text => text.StartsWith("mail.json:2:11: `Mail` cannot be a backend's name.", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("mail.json:2:34: A backend has no key `domian`. Did you mean `domain`?", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("no `domain`", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("Move its arguments to `args`", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("`NOPE` is not set", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("mail.json:4:34: `effect` cannot be `sent`. Did you mean `send`?", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("`pin` is not a digest", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("Tool `peek` has no `effect`", StringComparison.Ordinal));
        Assert.Equal(8, problems.Length);
    }

    [Theory]
    [InlineData("", NameForm.Prefixed)]
    [InlineData(""" "expose": "prefixed", """, NameForm.Prefixed)]
    [InlineData(""" "expose": "bare", """, NameForm.Bare)]
    public void Names_ArePrefixed_UnlessTheOwnerSaysOtherwise(string expose, object expected)
    {
        var config = Assert.Single(Valid($$"""{ "name": "a", {{expose}} "owner": "o", "domain": "d", "command": "x" }"""));

        Assert.Equal(expected, config.Expose);
    }

    [Theory]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "expose": "bar" }""", "Did you mean `bare`?")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d" }""", "Neither `command` nor `url`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "url": "https://a.example" }""", "Both `command` and `url`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "http://a.example/mcp" }""", "Plain http")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://u:p@a.example/mcp" }""", "carries credentials")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "ftp://a.example/mcp" }""", "not an http")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/mcp", "headers": { "Mcp-Name": "x" } }""", "belongs to the transport")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/mcp", "headers": { "X": "${env:BROKEN}" } }""", "line break")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "timeouts": { "call": "forever" } }""", "must be a duration")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "transport": "sse" }""", "`transport` is for `url`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/sse", "transport": "sse", "era": "modern" }""", "not spoken over the old transport")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/sse", "transport": "ws" }""", "`transport` cannot be `ws`")]
    [InlineData("""{ "servers": { "a": { "command": "x", "env": { "K": "${input:key}" } } } }""", "nobody can be asked")]
    [InlineData("""{ "mcpServers": { "a b": { "command": "x" }, "A-B": { "command": "x" } } }""", "becomes the backend `a-b`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "resources": { "note://{id": {} } }""", "is no URI and no URI template")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "resources": { "note://1": { "effect": "read" } } }""", "has no key `effect`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "resources": { "note://1": { "lables": ["x"] } } }""", "Did you mean `labels`?")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "resources": { "note://1": [] } }""", "The terms of resource `note://1` must be an object")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "prompts": { "greet": { "labels": ["No"] } } }""", "`No` cannot be a label")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "asks": { "listing": ["elicitaton"] } }""", "Did you mean `elicitation`?")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "asks": { "host": ["a.example"] } }""", "Did you mean `hosts`?")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "asks": { "hosts": ["https://a.example"] } }""", "is no host name")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "asks": { "hosts": ["*.a.example"] } }""", "is no host name")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "asks": { "hosts": ["A.example"] } }""", "is no host name")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "asks": { "labels": ["No"] } }""", "`No` cannot be a label")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "asks": ["elicitation"] }""", "must be")]
    [InlineData("[]", "holds one JSON object")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "" }""", "`openapi` is empty")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "../a.yaml" }""", "outside of the home")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "/etc/a.yaml" }""", "outside of the home")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "http://a.example/a.yaml" }""", "Plain http")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "ftp://a.example/a.yaml" }""", "not an http")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "a.yaml", "url": "http://a.example/v1" }""", "Plain http")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "a.yaml", "url": "https://a.example/v1?x=1" }""", "has a query")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "a.yaml", "command": "x" }""", "`command` means nothing beside `openapi`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "a.yaml", "transport": "http" }""", "`transport` means nothing beside `openapi`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "a.yaml", "era": "modern" }""", "`era` means nothing beside `openapi`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "a.yaml", "headers": { "Host": "x" } }""", "belongs to the transport")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": {} }""", "has no `clientId`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "clientId": "h" } }""", "needs credentials of the proxy")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "clientId": "h", "clientSecret": "plain", "issuer": "https://i.example" } }""", "must come from the environment")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "clientId": "h", "clientSecret": "${env:MAIL_KEY}" } }""", "`clientSecret` needs `issuer`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "clientId": "h", "clientSecret": "${env:MAIL_KEY}", "issuer": "http://i.example" } }""", "`issuer` is no https address")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "clientId": "h", "privateKey": "${env:MAIL_KEY}" } }""", "no private key in PEM")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "clientId": "https://h.example/c.json", "clientSecret": "${env:MAIL_KEY}", "issuer": "https://i.example" } }""", "has no secret")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "register": true, "grant": "password" } }""", "`grant` cannot be `password`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "register": true, "scopes": ["a b"] } }""", "is no scope")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "register": true, "scope": "a" } }""", "Did you mean `scopes`?")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "headers": { "Authorization": "x" }, "oauth": { "register": true } }""", "Both `oauth` and a header")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapi": "a.yaml", "oauth": { "register": true } }""", "`oauth` needs `url`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "command": "x", "oauth": { "register": true } }""", "no key `oauth`")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "openapy": "a.yaml", "url": "https://a.example" }""", "Did you mean `openapi`?")]
    public void Mistake_IsRefused_WithTheReason(string json, string expected)
    {
        var problems = Parse(json).Problems;

        Assert.Contains(expected, Assert.Single(problems).Message + problems[0].Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/x" }""", HttpForm.Either, "http")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/x", "transport": "http" }""", HttpForm.Streamable, "http")]
    [InlineData("""{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/x", "transport": "sse" }""", HttpForm.Sse, "sse")]
    [InlineData("""{ "mcpServers": { "a": { "url": "https://a.example/x" } } }""", HttpForm.Either, "http")]
    [InlineData("""{ "mcpServers": { "a": { "url": "https://a.example/x", "type": "http" } } }""", HttpForm.Streamable, "http")]
    [InlineData("""{ "mcpServers": { "a": { "url": "https://a.example/x", "type": "sse" } } }""", HttpForm.Sse, "sse")]
    [InlineData("""{ "servers": { "a": { "url": "https://a.example/x", "transport": "sse" } } }""", HttpForm.Sse, "sse")]
    public void Transport_IsAsTheFileSays(string json, object expected, string name)
    {
        var connection = Assert.IsType<BackendConnection.Http>(Assert.Single(Valid(json)).Connection);

        Assert.Equal(expected, connection.Form);
        Assert.Equal(name, connection.Transport);
    }

    [Theory]
    [InlineData("\"openapi\": \"docs/a.yaml\"", "file:///home/docs/a.yaml", null)]
    [InlineData("\"openapi\": \"https://a.example/a.json\", \"url\": \"http://127.0.0.1:1/v1\"", "https://a.example/a.json", "http://127.0.0.1:1/v1")]
    public void OpenApi_IsAFileOfTheHome_OrAnAddress(string members, string document, string? under)
    {
        var config = Assert.Single(Valid($$"""{ "name": "a", "owner": "o", "domain": "d", {{members}}, "headers": { "X-Key": "${env:MAIL_KEY}" } }"""));

        var connection = Assert.IsType<BackendConnection.OpenApi>(config.Connection);
        Assert.Equal((document, under, "openapi"), (connection.Document.AbsoluteUri, connection.Base?.AbsoluteUri, connection.Transport));
        Assert.Equal("k3y", connection.Headers["x-key"].Value);
        Assert.NotEqual(config.ConnectionDigest, Assert.Single(Valid($$"""{ "name": "a", "owner": "o", "domain": "d", {{members}} }""")).ConnectionDigest);
    }

    [Fact]
    public void OAuth_IsRead_AndShapesTheConnection()
    {
        const string Text = """{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example", "oauth": { "clientId": "h", "clientSecret": "${env:MAIL_KEY}", "issuer": "https://i.example", "scopes": ["a"] } }""";
        var config = Assert.Single(Valid(Text));

        var oauth = Assert.IsType<BackendConnection.Http>(config.Connection).OAuth!;
        Assert.Equal(("h", "k3y", "https://i.example", false), (oauth.ClientId, oauth.ClientSecret?.Value, oauth.Issuer, oauth.MayRegister));
        Assert.DoesNotContain("k3y", oauth.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(config.ConnectionDigest, Assert.Single(Valid(Text, "other")).ConnectionDigest);
    }

    [Fact]
    public void ConnectionDigest_Changes_WithTheTransport()
    {
        const string Open = """{ "name": "a", "owner": "o", "domain": "d", "url": "https://a.example/x" }""";

        Assert.NotEqual(
            Assert.Single(Valid(Open)).ConnectionDigest, Assert.Single(Valid(Open.Replace("/x\"", "/x\", \"transport\": \"sse\"", StringComparison.Ordinal))).ConnectionDigest);
    }

    [Fact]
    public void ConnectionDigest_Changes_WithAnEnvironmentValueButNotWithTerms()
    {
        var one = Assert.Single(Valid(Mail));
        var otherTerms = Assert.Single(Valid(Mail.Replace("\"untrusted\"", "\"personal\"", StringComparison.Ordinal)));
        var otherKey = Assert.Single(Valid(Mail, "new-key"));

        Assert.Equal(one.ConnectionDigest, otherTerms.ConnectionDigest);
        Assert.NotEqual(one.ConnectionDigest, otherKey.ConnectionDigest);
    }

    private static ImmutableArray<BackendConfig> Valid(string json, string key = "k3y")
    {
        var parsed = Parse(json, key);
        Assert.Empty(parsed.Problems);
        return parsed.Value!.Backends;
    }

    private static Parsed<ServersFile> Parse(string json, string key = "k3y") => ServersConfigParser.Parse(
        YamlReader.Read(json, "mail.json").Value ?? throw new InvalidOperationException("The test's JSON is broken."),
        new ServersConfigSurroundings("/home", name => name switch { "MAIL_KEY" => key, "PATH" => "/bin", "LANG" => "C", "BROKEN" => "a\nb", _ => null }));
}
