using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions;

/// <summary>Reads a mission document: the template, or every problem at once.</summary>
public static class MissionParser
{
    public static Parsed<MissionTemplate> Parse(DocumentNode document) => throw new NotImplementedException();
}
