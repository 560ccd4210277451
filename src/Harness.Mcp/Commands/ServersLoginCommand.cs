using System.CommandLine;
using System.Net.Sockets;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Servers;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers login`: a person signs in for the proxy at the authorization server of a backend.</summary>
internal static class ServersLoginCommand
{
    private const string Description =
        """
        Sign in at the authorization server of a backend whose file says "oauth": { "grant": "authorization-code" }, so that the proxy can call it from then on. Shows the address to open
        in a browser on this machine, and waits for it to come back. What was given is kept in `state/oauth/NAME.json`, readable by this account alone; a proxy that runs uses
        it with the next call. Sign in again where a backend wants more rights, or where the token cannot be renewed any more: `servers test` and the log say so.

        Example:
          harness servers login crm

        The exit code is 0 where somebody signed in, 1 where it came to nothing, 2 where there is no such home.
        """;

    private static readonly TimeSpan LimitMost = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The backend's name." };
        var port = new Option<int>("--port") { HelpName = "PORT", Description = "Where the browser comes back to on this machine, where the authorization server knows one port alone. Default: any that is free." };
        var home = new HomeOption();
        var command = new Command("login", Description) { name, port, home };
        command.SetAction((result, cancellationToken) =>
            RunAsync(Terminal.Of(result), result.GetRequiredValue(home), result.GetRequiredValue(name), result.GetValue(port), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string directory, string name, int port, CancellationToken cancellationToken)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);
        var servers = HomeServers.Read(home);
        if (servers.Backends.GetValueOrDefault(name) is not { } config)
            return servers.Problems.IsEmpty ? terminal.Fail(ExitCodes.Refused, $"No file of `servers.config` describes `{name}`.") : terminal.Fail(ExitCodes.Refused, servers.Problems);

        using var patience = new CancellationTokenSource(LimitMost);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var browser = new BrowserSignIn(port, address =>
            {
                terminal.Line("Open this address in a browser on this machine, and sign in:");
                terminal.Line("");
                terminal.Line(address.AbsoluteUri);
                terminal.Line("");
            });
            using var access = new BackendClients(home.State, TimeProvider.System, browser).Access(config);
            if (access is null || !IsByPerson(config))
                return terminal.Fail(ExitCodes.Refused, $"Nobody signs in for `{name}`: its file has no \"oauth\": {{ \"grant\": \"authorization-code\" }}.");
            var (issuer, scopes) = await access.SignInAsync(either.Token);
            terminal.Line($"Signed in at {Terminal.Visible(issuer)}{(scopes.IsEmpty ? "" : $" for {Terminal.Visible(string.Join(' ', scopes))}")}. The proxy uses it with the next call.");
            return ExitCodes.Done;
        }
        catch (OAuthException failure)
        {
            return terminal.Fail(ExitCodes.Refused, failure.Message);
        }
        catch (SocketException taken)
        {
            return terminal.Fail(ExitCodes.Refused, $"Nobody can come back to port {port}: {taken.Message}");
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return terminal.Fail(ExitCodes.Refused, $"Nobody signed in within {LimitMost.TotalMinutes:0} minutes.");
        }
    }

    private static bool IsByPerson(BackendConfig config) => config.Connection switch
    {
        BackendConnection.Http { OAuth.Grant: OAuthGrant.AuthorizationCode } => true,
        BackendConnection.OpenApi { OAuth.Grant: OAuthGrant.AuthorizationCode } => true,
        _ => false,
    };
}
