using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`--by NAME`: who gives the command, as the chain records it.</summary>
internal sealed class MissionByOption : Option<string>
{
    public MissionByOption()
        : base("--by")
    {
        HelpName = "NAME";
        Description = "Who gives the command, as the chain records it. Default: the user of the operating system.";
        DefaultValueFactory = _ => Environment.UserName is { Length: > 0 } user ? user : "unknown";
        Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
                result.AddError("`--by`: give a name.");
        });
    }
}
