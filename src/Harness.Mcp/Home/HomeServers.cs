using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp;

/// <summary>`servers.config` of a home, and what was approved of it, for commands beside the proxy.</summary>
internal static class HomeServers
{
    /// <summary>The environment of this process, in place of the proxy's own.</summary>
    public static ServersConfigSurroundings Surroundings(Home home) => new(home.BackendsRoot, Environment.GetEnvironmentVariable);

    /// <summary>For a look at files alone: a variable that is not set here is no mistake of theirs.</summary>
    public static ServersConfigSurroundings AnySurroundings(Home home) => new(home.BackendsRoot, name => Environment.GetEnvironmentVariable(name) ?? "unset");

    /// <summary>All backends, and every problem with its file's whole path.</summary>
    public static ServersSnapshot Read(Home home, ServersConfigSurroundings? surroundings = null)
    {
        if (!Directory.Exists(home.Servers))
            return new ServersSnapshot(ImmutableSortedDictionary.Create<string, BackendConfig>(StringComparer.Ordinal), []);
        var snapshot = new ServersFolder(home.Servers, surroundings ?? Surroundings(home)).Read();
        return snapshot with { Problems = [.. snapshot.Problems.Select(problem => problem with { Position = Placed(home, problem.Position) })] };
    }

    public static PinFolder Pins(Home home) => new(Path.Combine(home.State, "pins"));

    /// <summary>The folder's reader names files by the folder alone; wherever that folder is, people and programs must find them.</summary>
    public static SourcePosition Placed(Home home, SourcePosition at) => Path.IsPathRooted(at.File) ? at : at with { File = Path.Combine(home.BackendsRoot, at.File) };

    /// <summary>The whole path of the file that describes a backend.</summary>
    public static string FileOf(Home home, BackendConfig config) => Placed(home, config.Position).File;
}
