using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Probing;
using Harness.Mcp.Servers;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers add`: describes a backend that answers, and says what is left to its owner.</summary>
internal static class ServersAddCommand
{
    private const string Description =
        """
        Describe a backend in `servers.config/NAME.json`. It is connected to once, so that the file is known to work, and its tools are listed with a
        proposal of what they do, for its owner to review. Nothing of the proposal is written: until the owner says more, each tool counts as the
        widest class. No tool is approved either: each waits for `harness servers approve NAME`.

        Examples:
          harness servers add mail --url https://mail.corp.example/mcp --header 'Authorization: Bearer ${env:MAIL_TOKEN}'
          harness servers add files --owner data@corp.example --domain data -- npx -y @modelcontextprotocol/server-filesystem /srv/shared
          harness servers add crm --openapi crm.openapi.yaml --url https://crm.corp.example/v2 --header 'Authorization: Bearer ${env:CRM_TOKEN}'
          harness servers add github --env GITHUB_TOKEN -- docker run -i --rm -e GITHUB_TOKEN ghcr.io/github/github-mcp-server

        The exit code is 0 where the file was written, 1 where it was not, 2 where there is no home.
        """;

    private static readonly TimeSpan LimitMost = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = $"The backend's name; missions write its tools as `NAME/tool`. {Names.BackendRule}" };
        var program = new Argument<string[]>("COMMAND") { Description = "After `--`: the program that speaks MCP over stdio, and its arguments. No shell reads them.", Arity = ArgumentArity.ZeroOrMore };
        var url = new Option<string?>("--url") { HelpName = "URL", Description = "The address of its endpoint over HTTP, in place of a command." };
        var openApi = new Option<string?>("--openapi") { HelpName = "FILE|URL", Description = "An OpenAPI 3 document, whose operations become tools: a file in the home, or an https address. `--url` then is what its paths are under, and by default the document says that itself." };
        var transport = new Option<string?>("--transport") { HelpName = "http|sse", Description = "What it speaks at `--url`: Streamable HTTP, or the old HTTP+SSE, which is deprecated. Default: the first, and the second where the first is not known there." };
        transport.AcceptOnlyFromAmong("http", "sse");
        var header = new Option<string[]>("--header") { HelpName = "NAME: VALUE", Description = "A header of the proxy's own, such as `Authorization: Bearer ${env:NAME}`. Give it once for each." };
        var env = new Option<string[]>("--env", "-e") { HelpName = "NAME[=VALUE]", Description = "A variable that the program is given; without a value, the proxy's own of that name. Give it once for each." };
        var cwd = new Option<string?>("--cwd") { HelpName = "DIR", Description = "The program's folder; a relative one starts where `servers.config` lies." };
        var owner = new Option<string>("--owner") { HelpName = "WHO", Description = "The person or team that answers for it. Default: the current user.", DefaultValueFactory = _ => Environment.UserName is { Length: > 0 } user ? user : "unknown" };
        var domain = new Option<string>("--domain") { HelpName = "NAME", Description = "Its class, which missions select by `domain:NAME`. Default: `undescribed`.", DefaultValueFactory = _ => StandardForm.Undescribed };
        var noConnect = new Option<bool>("--no-connect") { Description = "Write the file without connecting." };
        var home = new HomeOption();
        var command = new Command("add", Description) { name, program, url, openApi, transport, header, env, cwd, owner, domain, noConnect, home };
        command.SetAction((result, cancellationToken) => RunAsync(
            Terminal.Of(result),
            result.GetRequiredValue(home),
            new Request(
                result.GetRequiredValue(name),
                result.GetRequiredValue(owner),
                result.GetRequiredValue(domain),
                result.GetValue(url),
                result.GetValue(openApi),
                result.GetValue(transport),
                [.. result.GetValue(program) ?? []],
                [.. result.GetValue(header) ?? []],
                [.. result.GetValue(env) ?? []],
                result.GetValue(cwd),
                result.GetValue(noConnect)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string directory, Request request, CancellationToken cancellationToken)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);
        if (!Names.IsBackend(request.Name))
            return terminal.Fail(ExitCodes.Refused, $"`{request.Name}` cannot be a backend's name. {Names.BackendRule}");
        if (request.Connection(out var wrong) is not { } connection)
            return terminal.Fail(ExitCodes.Refused, wrong);

        var file = new BackendFile(request.Name, request.Owner, request.Domain, connection);
        var described = HomeServers.Read(home, HomeServers.AnySurroundings(home)).Backends.GetValueOrDefault(request.Name);
        if (described is not null || File.Exists(file.PathIn(home)))
            return terminal.Fail(ExitCodes.Refused, $"`{(described is null ? file.PathIn(home) : HomeServers.FileOf(home, described))}` describes `{request.Name}` already. Change that file, or remove the backend first: `harness servers remove {request.Name}`.");

        var parsed = file.Read(home, request.NoConnect ? HomeServers.AnySurroundings(home) : HomeServers.Surroundings(home));
        if (parsed.Value is not { Backends: [var config] })
            return terminal.Fail(ExitCodes.Refused, parsed.Problems);

        var look = request.NoConnect ? null : await BackendLook.AtAsync(home, config, LimitMost, cancellationToken);
        if (look is { Result: ProbeResult.Failed failed })
        {
            terminal.Fail(ExitCodes.Refused, failed.Message);
            terminal.Fail(ExitCodes.Refused, $"  {failed.Remedy}");
            return terminal.Fail(ExitCodes.Refused, "Nothing was written; `--no-connect` writes the file all the same.");
        }

        try
        {
            AwaitApproval(home, request.Name, look);
            file.Write(home);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return terminal.Fail(ExitCodes.Unable, $"The backend could not be written: {failure.Message}");
        }

        AddedReport.Write(terminal, home, file, look);
        return ExitCodes.Done;
    }

    /// <summary>
    /// Files what the backend lists as waiting, beside approvals that hold nothing yet. A proxy that runs would otherwise take the first list it
    /// sees as approved, and approvals of an earlier backend of this name would hold for another one.
    /// </summary>
    private static void AwaitApproval(Home home, string name, BackendLook? look)
    {
        var pins = HomeServers.Pins(home);
        var nothing = new PinFile(name, ImmutableSortedDictionary.Create<string, Pin>(StringComparer.Ordinal));
        var now = TimeProvider.System.GetUtcNow();
        pins.WriteApproved(nothing);
        pins.WritePending(nothing with
        {
            Tools = nothing.Tools.AddRange((look?.Tools is { } found ? found.Tools.Concat(found.Others) : []).Select(tool =>
                KeyValuePair.Create(tool.Definition.Name, new Pin(tool.Definition.Digest.Value, now, "", tool.Definition.Json)))),
        });
    }

    private sealed record Request(
        string Name,
        string Owner,
        string Domain,
        string? Url,
        string? OpenApi,
        string? Transport,
        ImmutableArray<string> Program,
        ImmutableArray<string> Headers,
        ImmutableArray<string> Variables,
        string? Folder,
        bool NoConnect)
    {
        /// <summary>The members of the file that say how the backend is reached; null where the command line does not say it.</summary>
        public JsonObject? Connection(out string wrong)
        {
            wrong = (Url ?? OpenApi, Program.IsEmpty) switch
            {
                (not null, true) when OpenApi is not null && Transport is not null => "`--transport` is for a server that speaks MCP; what an OpenAPI document describes does not.",
                (null, true) => "Say how the backend is reached: `--url URL`, `--openapi FILE|URL`, or `-- COMMAND ARGS…`.",
                (not null, false) => "Give either `--url` or `--openapi`, or a command.",
                (not null, _) when !Variables.IsEmpty || Folder is not null => "`--env` and `--cwd` are for a command; a server at `--url` has its own environment.",
                (null, _) when Transport is not null => "`--transport` is for `--url`; a command speaks over its standard streams.",
                (null, _) when !Headers.IsEmpty => "`--header` is for `--url`; give a command what it needs by `--env`.",
                _ => "",
            };
            if (wrong.Length > 0)
                return null;

            var connection = new JsonObject();
            if (OpenApi is not null)
                connection["openapi"] = OpenApi;
            if ((Url ?? OpenApi) is not null)
            {
                if (Url is not null)
                    connection["url"] = Url;
                if (Transport is not null)
                    connection["transport"] = Transport;
                Put(connection, "headers", Headers, ':', "NAME: VALUE", ref wrong);
            }
            else
            {
                connection["command"] = Program[0];
                if (Program.Length > 1)
                    connection["args"] = new JsonArray([.. Program.Skip(1).Select(argument => JsonValue.Create(argument))]);
                Put(connection, "env", Variables, '=', "NAME or NAME=VALUE", ref wrong);
                if (Folder is not null)
                    connection["cwd"] = Folder;
                if (Program.FirstOrDefault(SecretText.IsSecretValue) is not null)
                    wrong = "An argument of the command looks like a secret, and the file is for a team to read. Set a variable of the proxy's environment, and write `${env:NAME}` in its place.";
            }

            return wrong.Length == 0 ? connection : null;
        }

        private static void Put(JsonObject connection, string key, ImmutableArray<string> entries, char separator, string form, ref string wrong)
        {
            var map = new JsonObject();
            foreach (var entry in entries)
            {
                var parts = entry.Split(separator, 2);
                var name = parts[0].Trim();
                if (name.Length == 0 || (parts.Length == 1 && separator == ':'))
                    wrong = $"`{name}`: write it as {form}.";
                else if (parts.Length == 2 && SecretText.IsSecret(name, parts[1].Trim()))
                    wrong = $"`{name}` looks like a secret, and the file is for a team to read. Set a variable of the proxy's environment, and write {(separator == ':' ? $"`{name}: ${{env:NAME}}`" : $"`--env {name}`")}.";
                else
                    map[name] = parts.Length == 2 ? parts[1].Trim() : $"${{env:{name}}}";
            }

            if (map.Count > 0)
                connection[key] = map;
        }
    }
}
