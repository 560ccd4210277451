using System.Text.Json;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class ServersImportCommandTests : IDisposable
{
    private readonly HomeFolder _home = new();

    [Fact]
    public async Task ClaudeDesktop_IsCarriedOver_WithoutItsSecrets()
    {
        var ran = await ImportAsync("claude_desktop_config.json", """
            {
              "globalShortcut": "Ctrl+Space",
              "mcpServers": {
                "GitHub": { "command": "npx", "args": ["-y", "server-github"], "env": { "GITHUB_TOKEN": "ghp_abcdefghijklmnop", "LOG_LEVEL": "info" } },
                "files": { "command": "npx", "args": ["-y", "server-filesystem", "/srv/shared"], "alwaysAllow": ["read_file"] },
                "db": { "command": "npx", "args": ["server-postgres", "postgres://me:pass@db/x", "--api-key", "abcdefgh"] }
              }
            }
            """);

        Assert.Equal(0, ran.ExitCode);
        var github = Written("github");
        Assert.Equal(["name", "owner", "domain", "command", "args", "env"], github.EnumerateObject().Select(member => member.Name));
        Assert.Equal("""{"GITHUB_TOKEN":"${env:GITHUB_TOKEN}","LOG_LEVEL":"info"}""", github.GetProperty("env").ToString().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        Assert.Contains("env.GITHUB_TOKEN: A secret stands there, which was not copied", ran.Output, StringComparison.Ordinal);
        Assert.Contains("Set `GITHUB_TOKEN` for the proxy to its value.", ran.Output, StringComparison.Ordinal);
        Assert.Contains("alwaysAllow: It is a setting of the client. Missions say which tools may be called.", ran.Output, StringComparison.Ordinal);
        Assert.Equal(["server-postgres", "${env:DB_SECRET_1}", "--api-key", "${env:DB_API_KEY}"], Written("db").GetProperty("args").EnumerateArray().Select(argument => argument.GetString()));
        AssertNowhere("ghp_abcdefghijklmnop", "pass@db", "abcdefgh\"");
        Assert.DoesNotContain("ghp_", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VsCode_WithInputsAndComments_BecomesVariables()
    {
        var ran = await ImportAsync(".vscode/mcp.json", """
            {
              // Asked for when the server starts.
              "inputs": [{ "type": "promptString", "id": "search-key", "password": true }],
              "servers": {
                "search": { "type": "http", "url": "https://search.example/mcp?api_key=abcdef", "headers": { "Authorization": "Bearer ${input:search-key}", "X-Team": "soc" } },
                "docs": { "type": "stdio", "command": "node", "args": ["${workspaceFolder}/docs.js", "${HARNESS_TEST_UNSET}"], "envFile": "${workspaceFolder}/.env" },
                "old": { "type": "sse", "url": "https://old.example/sse" },
                "off": { "command": "node", "disabled": true },
              },
            }
            """);

        Assert.Equal(1, ran.ExitCode);
        var search = Written("search");
        Assert.Equal("https://search.example/mcp?api_key=${env:SEARCH_API_KEY}", search.GetProperty("url").GetString());
        Assert.Equal("Bearer ${env:SEARCH_SEARCH_KEY}", search.GetProperty("headers").GetProperty("Authorization").GetString());
        Assert.Contains("headers.Authorization: The client asks a person for `search-key`, and nobody can be asked while the proxy runs. Set `SEARCH_SEARCH_KEY` for the proxy.", ran.Output, StringComparison.Ordinal);
        Assert.Equal([$"{_home.Path}/docs.js", "${env:HARNESS_TEST_UNSET}"], Written("docs").GetProperty("args").EnumerateArray().Select(argument => argument.GetString()));
        Assert.Contains("args[1]: The variable `HARNESS_TEST_UNSET` is not set here. Set `HARNESS_TEST_UNSET` for the proxy", ran.Output, StringComparison.Ordinal);
        Assert.Contains("envFile: It is a setting of the client. Write each variable", ran.Output, StringComparison.Ordinal);
        Assert.Equal(("https://old.example/sse", "sse"), (Written("old").GetProperty("url").GetString(), Written("old").GetProperty("transport").GetString()));
        Assert.Contains("type: It speaks HTTP+SSE, a transport that MCP deprecated.", ran.Output, StringComparison.Ordinal);
        Assert.Contains("off: not written.\n  It is switched off there.", ran.Output, StringComparison.Ordinal);
        AssertNowhere("abcdef");
    }

    [Fact]
    public async Task ClaudeCodeAndCopilot_ReferToTheEnvironment_EachInTheirWay()
    {
        var ran = await ImportAsync(".mcp.json", """
            { "mcpServers": {
              "a": { "type": "http", "url": "https://${HOST_OF_A:-a.example}/mcp", "headers": { "Authorization": "Bearer ${HOME}" } },
              "b": { "type": "local", "command": "b", "args": [], "tools": ["*"], "env": { "KEY_B": "COPILOT_MCP_KEY_B", "X": "$COPILOT_MCP_X" } }
            } }
            """);

        Assert.Equal(0, ran.ExitCode);
        Assert.Equal("https://${env:HOST_OF_A}/mcp", Written("a").GetProperty("url").GetString());
        Assert.Contains("url: Its default `a.example` was not copied.", ran.Output, StringComparison.Ordinal);
        Assert.Equal("Bearer ${env:HOME}", Written("a").GetProperty("headers").GetProperty("Authorization").GetString());
        Assert.Equal("${env:COPILOT_MCP_KEY_B}", Written("b").GetProperty("env").GetProperty("KEY_B").GetString());
        Assert.Equal("${env:COPILOT_MCP_X}", Written("b").GetProperty("env").GetProperty("X").GetString());
        Assert.DoesNotContain("tools: It is a setting", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatExists_IsNotOverwritten_AndHidesNoOther()
    {
        _home.Write("servers.config/a.json", """{ "name": "a", "owner": "me", "domain": "d", "url": "https://kept.example/mcp" }""");

        var ran = await ImportAsync("mcp.json", """{ "mcpServers": { "a": { "command": "a" }, "b": { "command": "b" }, "c": { "command": "c", "url": "https://c.example" } } }""");

        Assert.Equal(1, ran.ExitCode);
        Assert.Equal("https://kept.example/mcp", Written("a").GetProperty("url").GetString());
        Assert.Equal("b", Written("b").GetProperty("command").GetString());
        Assert.Contains("a.json` describes `a` already.", ran.Output, StringComparison.Ordinal);
        Assert.Contains("c: not written.\n  Both `command` and `url` stand here.", ran.Output, StringComparison.Ordinal);
        Assert.Equal((0, 2), ((await _home.RunAsync("servers", "list")).ExitCode, Directory.GetFiles(_home.File("servers.config")).Length));
    }

    [Theory]
    [InlineData("{ \"name\": \"mail\", \"command\": \"mail\" }", "needs no import")]
    [InlineData("{ \"other\": 1 }", "neither `mcpServers` nor `servers`")]
    [InlineData("{ \"mcpServers\": { \"a\": 1, \"a\": 2 } }", "not JSON")]
    [InlineData("[]", "no JSON object")]
    public async Task OtherFiles_AreRefused(string text, string why)
    {
        var ran = await ImportAsync("other.json", text);

        Assert.Equal(2, ran.ExitCode);
        Assert.Contains(why, ran.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Dispose();

    private async Task<Ran> ImportAsync(string name, string text)
    {
        _home.Write(name, text);
        return await _home.RunAsync("servers", "import", _home.File(name));
    }

    private JsonElement Written(string backend) => JsonElement.Parse(File.ReadAllText(_home.File($"servers.config/{backend}.json")));

    private void AssertNowhere(params string[] secrets)
    {
        foreach (var file in Directory.GetFiles(_home.File("servers.config")))
            foreach (var secret in secrets)
                Assert.DoesNotContain(secret, File.ReadAllText(file), StringComparison.Ordinal);
    }
}
