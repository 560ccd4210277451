using System.CommandLine;
using Harness.Mcp.Proxy.Wire;
using Harness.Mcp.Proxy.Wire.Front;

namespace Harness.Mcp.Commands;

/// <summary>`harness connect`: a stdio front to a running proxy, for clients that only start commands.</summary>
internal static class ConnectCommand
{
    private const string DefaultUrl = "http://127.0.0.1:7777";

    public static Command Create()
    {
        var mission = new Option<string?>("--mission") { HelpName = "ID", Description = "The mission to work under. Default: the agent's one open mission." };
        var url = new Option<string?>("--url") { HelpName = "URL", Description = $"Where the proxy runs. Default: the HARNESS_URL variable, else {DefaultUrl}." };
        var tokenVariable = new Option<string?>("--token-env") { HelpName = "NAME", Description = "The environment variable that holds the agent's access token. Default: no token, for a proxy in development mode." };

        var command = new Command("connect", "Connect a client that only starts commands: relays MCP between standard input and output and a running proxy.") { mission, url, tokenVariable };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(mission), parsed.GetValue(url), parsed.GetValue(tokenVariable), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? mission, string? url, string? tokenVariable, CancellationToken cancellationToken)
    {
        var address = url ?? Environment.GetEnvironmentVariable("HARNESS_URL") ?? DefaultUrl;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var proxy) || proxy.Scheme is not ("http" or "https"))
        {
            return await RefuseAsync($"`{address}` is no URL of a proxy: give one such as {DefaultUrl} with --url or HARNESS_URL.");
        }

        var token = tokenVariable is null ? null : Environment.GetEnvironmentVariable(tokenVariable);
        if (tokenVariable is not null && string.IsNullOrEmpty(token))
        {
            return await RefuseAsync($"The environment variable `{tokenVariable}` holds no token: set it, or leave --token-env out.");
        }

        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        await StdioFront.RunAsync(new StdioFrontOptions(EndpointOf(proxy, mission), token), input, output, Console.Error, cancellationToken);
        return ExitCodes.Done;
    }

    private static Uri EndpointOf(Uri proxy, string? mission)
    {
        var path = mission is null
            ? HarnessWire.Path
            : HarnessWire.MissionPath.Replace("{mission}", Uri.EscapeDataString(mission), StringComparison.Ordinal);
        return new Uri(proxy.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
    }

    private static async Task<int> RefuseAsync(string say)
    {
        await Console.Error.WriteLineAsync($"harness connect: {say}");
        return ExitCodes.Refused;
    }
}
