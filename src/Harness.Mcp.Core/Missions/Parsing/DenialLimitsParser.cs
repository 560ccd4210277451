using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `denials:`.</summary>
internal static class DenialLimitsParser
{
    public static DenialLimits? Parse(MapReader document)
    {
        if (document.Map("denials") is not { } reader)
            return null;
        reader.RefuseOthers(["narrow", "stop"]);
        var narrow = reader.Integer("narrow", 1, DenialLimits.Max);
        var stop = reader.Integer("stop", 1, DenialLimits.Max);
        if (!reader.Has("narrow") && !reader.Has("stop"))
            reader.Problems.Add(reader.Position, "`denials` says nothing.", "Write `denials: { narrow: 5, stop: 10 }`, or remove it.");
        if (narrow > stop)
            reader.Problems.Add(reader.PositionOf("narrow"), $"The mission stops after {stop} refusals, so it would never be narrowed after {narrow}.", "Make `narrow` the smaller one, or remove it.");
        return new DenialLimits((int?)narrow, (int?)stop);
    }
}
