using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Checking;

/// <summary>
/// The tools of a home without a running proxy: what `servers.config` says of them, and the definitions that were pinned. A backend that was
/// never seen is known by the tools that its file names.
/// </summary>
internal static class HomeCatalog
{
    /// <param name="findings">What is wrong with the files of `servers.config`.</param>
    public static KnownTools Read(Home home, out ImmutableArray<Finding> findings)
    {
        var found = ImmutableArray.CreateBuilder<Finding>();
        if (!Directory.Exists(home.Servers))
        {
            findings = [];
            return new KnownTools([], []);
        }

        var snapshot = new ServersFolder(home.Servers, new ServersConfigSurroundings(home.Root, Environment.GetEnvironmentVariable)).Read();
        found.AddRange(snapshot.Problems.Select(problem => new Finding(CheckKind.Document, Severity.Error, problem.Position, problem.Message, problem.Remedy)));

        var tools = ImmutableArray.CreateBuilder<KnownTool>();
        var unseen = ImmutableArray.CreateBuilder<BackendId>();
        var pins = new PinFolder(Path.Combine(home.State, "pins"));
        foreach (var config in snapshot.Backends.Values)
        {
            var published = Published(config, pins, found);
            if (published is null)
            {
                unseen.Add(config.Id);
                tools.AddRange(config.Tools.Keys.Order(StringComparer.Ordinal).Select(name => new KnownTool(config.FactsOf(name, Core.Json.Digest.Zero), null, null, IsDescribed: true)
                {
                    AnswerLabels = config.Asks.Labels,
                    PageHosts = config.Asks.Hosts,
                }));
                tools.AddRange(KnownReads.Of(config, []));
                continue;
            }

            tools.AddRange(published.Value);
            if (TermsOf(home, config) is { } terms)
                found.AddRange(TermsCheck.Against(terms, published.Value));
        }

        findings = [.. found.Select(finding => finding with { Position = HomeServers.Placed(home, finding.Position) })];
        return new KnownTools(tools.ToImmutable(), unseen.ToImmutable());
    }

    /// <summary>The tools that the backend published and somebody approved; null where there are none yet.</summary>
    private static ImmutableArray<KnownTool>? Published(BackendConfig config, PinFolder pins, ImmutableArray<Finding>.Builder findings)
    {
        try
        {
            var approved = pins.ReadApproved(config.Id.Value);
            if (approved is null or { Tools.IsEmpty: true })
                return null;
            var pinned = ToolReview.FromPins(config, approved, (_, _) => { });
            return
            [
                .. pinned.Where(tool => tool.Definition.IsTool).Select(tool => Known(config, tool.Definition))
                    .Concat(KnownReads.Of(config, [.. pinned.Select(tool => tool.Definition.Name)]))
                    .OrderBy(tool => tool.Id.Name, StringComparer.Ordinal),
            ];
        }
        catch (IOException unreadable)
        {
            findings.Add(new Finding(
                CheckKind.Document, Severity.Error, config.Position, $"The pins of `{config.Id}` cannot be read, so none of its tools is approved: {unreadable.Message}",
                "Restore the file, or remove it and approve the tools again."));
            return null;
        }
    }

    /// <summary>A tool as it was published, with what its owner says of it.</summary>
    public static KnownTool Known(BackendConfig config, ToolDefinition definition) => new(
        config.FactsOf(definition.Name, definition.Digest),
        Member(definition.Json, "inputSchema"),
        Member(definition.Json, "outputSchema"),
        config.Tools.ContainsKey(definition.Name) || config.Defaults is not null)
    {
        AnswerLabels = config.Asks.Labels,
        PageHosts = config.Asks.Hosts,
    };

    private static JsonElement? Member(JsonElement definition, string name) => definition.TryGetProperty(name, out var member) ? member : null;

    /// <summary>The terms as they are written, with their places.</summary>
    private static DocumentNode.Map? TermsOf(Home home, BackendConfig config)
    {
        var file = Path.Combine(home.Servers, Path.GetFileName(config.Position.File));
        return YamlReader.ReadFile(file, config.Position.File).Value is DocumentNode.Map map ? map["tools"] as DocumentNode.Map : null;
    }
}
