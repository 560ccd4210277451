using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp;

/// <summary>
/// The folder of one deployment: plain files that a team keeps and reviews, and <see cref="State"/>, which the program owns. The parts
/// need not all exist; a folder that has none of them is no home.
/// </summary>
internal sealed record Home
{
    private const string SettingsName = "harness.json";
    private const string ServersName = "servers.config";

    private Home(string root, string servers) => (Root, Servers) = (root, servers);

    /// <summary>Absolute path, as are all others.</summary>
    public string Root { get; }

    /// <summary>`servers.config/`: one JSON file for each backend. Several homes may share one: `"Home": { "Servers": "../servers.config" }`.</summary>
    public string Servers { get; }

    /// <summary>Where relative commands and folders of backends start: the folder that holds <see cref="Servers"/>.</summary>
    public string BackendsRoot => Path.GetDirectoryName(Servers) ?? Root;

    /// <summary>`missions/`: one YAML file for each mission template.</summary>
    public string Missions => Path.Combine(Root, "missions");

    /// <summary>`agents/`: one YAML file for each registered agent.</summary>
    public string Agents => Path.Combine(Root, "agents");

    // `guardrails.yaml`, the security team's rules for every mission, stands in the root: see GuardrailsFile.

    /// <summary>`harness.json`: the process settings.</summary>
    public string Settings => Path.Combine(Root, SettingsName);

    /// <summary>`state/`: what the program itself keeps. It is created when first needed.</summary>
    public string State => Path.Combine(Root, "state");

    /// <summary>`state/chain.db`: the chains, where the settings name no other place.</summary>
    public string Chains => Path.Combine(State, "chain.db");

    /// <summary>The home at a folder, or why the folder is none.</summary>
    /// <param name="directory">Relative to the current folder, or absolute.</param>
    public static Parsed<Home> At(string directory)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (!Directory.Exists(root))
            return Refused(root, File.Exists(root) ? "A home is a folder, and this is a file." : "There is no such folder.");

        var settings = Path.Combine(root, SettingsName);
        var servers = new Parsed<string>(ServersName);
        if (File.Exists(settings))
        {
            var document = YamlReader.ReadFile(settings, SettingsName);
            servers = document.IsValid ? ServersOf(document.Value) : new Parsed<string>(document.Problems);
        }

        if (!servers.IsValid)
            return new Parsed<Home>(servers.Problems);

        var home = new Home(root, Path.GetFullPath(servers.Value, root));
        return Directory.Exists(home.Servers) || Directory.Exists(home.Missions) || Directory.Exists(home.Agents) || File.Exists(home.Settings)
            ? new Parsed<Home>(home)
            : Refused(root, "This folder is no home: it has neither `servers.config/`, `missions/`, `agents/` nor `harness.json`.");
    }

    /// <summary>A folder taken for a home whose settings cannot be read, with every part in its usual place; for who looks for what is wrong.</summary>
    /// <param name="directory">A folder that exists.</param>
    public static Home Usual(string directory)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        return new Home(root, Path.Combine(root, ServersName));
    }

    /// <summary>The one setting that says where the home itself is; all others are the program's.</summary>
    private static Parsed<string> ServersOf(DocumentNode document)
    {
        if (document is not DocumentNode.Map settings || settings["Home"] is not DocumentNode.Map section || section[nameof(Servers)] is not { } value)
            return new Parsed<string>(ServersName);

        return value is DocumentNode.Scalar { Kind: ScalarKind.String, Text.Length: > 0 } scalar
            ? new Parsed<string>(scalar.Text)
            : new Parsed<string>([new Problem(value.Position, "`Home:Servers` must be a folder, in quotes; a relative one starts at the home.")]);
    }

    private static Parsed<Home> Refused(string root, string message) => new(ImmutableArray.Create(new Problem(
        new SourcePosition(root, 0, 0), message, "Name the home with `--home DIR`, or start the program inside it.")));
}
