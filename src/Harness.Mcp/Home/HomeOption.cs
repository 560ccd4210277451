using System.CommandLine;

namespace Harness.Mcp;

/// <summary>`--home DIR`, the same in every command that works on a deployment.</summary>
internal sealed class HomeOption : Option<string>
{
    public HomeOption()
        : base("--home")
    {
        HelpName = "DIR";
        Description = "The deployment's folder, with `servers.config/`, `missions/` and `agents/`. Default: the current folder.";
        DefaultValueFactory = _ => ".";
    }
}
