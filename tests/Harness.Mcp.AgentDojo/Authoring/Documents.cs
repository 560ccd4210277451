using System.Collections.Immutable;
using Harness.Mcp.AgentDojo.Corpus;

namespace Harness.Mcp.AgentDojo.Authoring;

/// <summary>A file that a person could have written.</summary>
/// <param name="Path">Where it stands in a home folder.</param>
internal sealed record Document(string Path, string Text);

/// <summary>All documents of one suite.</summary>
internal sealed record Documents(Document Backend, ImmutableArray<(string Task, Document Document)> Missions)
{
    public static Documents Of(Suite suite) => new(
        new Document($"servers.config/{Slug.Of(suite.Name)}.json", BackendAuthor.Write(suite)),
        [.. suite.Tasks.Select(task => (task.UserTask, new Document($"missions/{Slug.Of(suite.Name)}/{Slug.Of(task.UserTask)}.yaml", MissionAuthor.Write(suite, task))))]);

    public IEnumerable<Document> All => Missions.Select(mission => mission.Document).Prepend(Backend);
}
