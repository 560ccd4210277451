using System.CommandLine;
using Harness.Mcp.Operator.Missions;

namespace Harness.Mcp.Commands;

/// <summary>`--why TEXT`: what a person gives as the reason of a command, as the chain records it.</summary>
internal sealed class WhyOption : Option<string>
{
    public WhyOption()
        : base("--why")
    {
        HelpName = "TEXT";
        Description = "The reason, as the chain records it.";
        DefaultValueFactory = _ => "";
        Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { Length: > MissionDesk.WhyLengthMax })
                result.AddError($"`--why`: at most {MissionDesk.WhyLengthMax} characters.");
        });
    }
}
