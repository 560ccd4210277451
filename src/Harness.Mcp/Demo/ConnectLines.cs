using Spectre.Console;

namespace Harness.Mcp.Demo;

/// <summary>The lines with which one connects an agent of one's own.</summary>
internal static class ConnectLines
{
    private const string Url = "http://127.0.0.1:7777/mcp";

    /// <param name="home">The home that was kept; null where it was temporary.</param>
    public static void Show(IAnsiConsole console, string? home)
    {
        var place = home is null ? "harness-demo" : home.Contains(' ', StringComparison.Ordinal) ? $"\"{home}\"" : home;
        Step("In a clone, `harness` stands for `dotnet run --project src/Harness.Mcp --`.");
        if (home is null)
            Line($"harness demo --keep {place}");
        Step("Start the proxy, and in a second terminal open a mission:");
        Line($"harness run --home {place}");
        Line($"harness mission open {DemoMission.Template} --home {place} --input alert=ALR-1008");
        Step("Claude Code:");
        Line($"claude mcp add --transport http harness {Url}");
        Step("VS Code, in .vscode/mcp.json:");
        Line($$"""{ "servers": { "harness": { "type": "http", "url": "{{Url}}" } } }""");
        Step("Copilot CLI, in ~/.copilot/mcp-config.json:");
        Line($$"""{ "mcpServers": { "harness": { "type": "http", "url": "{{Url}}", "tools": ["*"] } } }""");
        Step("A client that only starts commands:");
        Line("""{ "command": "harness", "args": ["connect"] }""");
        Step("With several missions open, put the mission into the URL, http://127.0.0.1:7777/m/MISSION/mcp, or add \"--mission\", \"MISSION\".");

        void Step(string text) => console.MarkupLineInterpolated($"[grey]{text}[/]");

        // Written without layout: a wrapped line could not be pasted.
        void Line(string text) => console.Profile.Out.Writer.WriteLine($"  {text}");
    }
}
