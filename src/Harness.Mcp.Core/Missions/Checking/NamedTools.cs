using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Tools that documents name, as the catalog knows them; one that it does not know is a finding.</summary>
internal sealed class NamedTools(KnownTools catalog, FindingList findings)
{
    /// <summary>What a document says of backends that are not there is a mistake in a mission; guardrails may say it in advance.</summary>
    public Severity BackendLacking { get; init; } = Severity.Error;

    /// <returns>Null where the catalog does not know the tool.</returns>
    public KnownTool? Find(ToolId tool, SourcePosition at)
    {
        if (catalog.Find(tool) is { } found)
            return found;

        var isRead = ReservedTools.Contains(tool.Name);
        var backends = catalog.Tools.Select(known => known.Id.Backend.Value).Concat(catalog.Unseen.Select(unseen => unseen.Value)).Distinct(StringComparer.Ordinal).ToList();
        if (!backends.Contains(tool.Backend.Value, StringComparer.Ordinal))
            findings.Add(new Finding(
                CheckKind.UnknownTool, BackendLacking, at, $"There is no backend `{tool.Backend}`.",
                Suggest.Remedy(tool.Backend.Value, backends) ?? $"Add `{tool.Backend}` to `servers.config`, or remove its tool here."));
        else if (isRead && tool.Name == ReservedTools.ReadResult)
            return null; // Any backend may answer more than is shown at once.
        else if (isRead && !catalog.Unseen.Contains(tool.Backend))
            findings.Add(new Finding(
                CheckKind.UnknownTool,
                Severity.Warning,
                at,
                $"The backend `{tool.Backend}` is not known to have {(tool.Name == ReservedTools.ReadResource ? "resources" : "prompts")}: its file describes none, and it published none that is pinned.",
                "Let its owner describe them in the backend's file, or remove this."));
        else if (isRead)
            return null;
        else if (catalog.Unseen.Contains(tool.Backend))
            findings.Add(new Finding(
                CheckKind.UnknownTool,
                Severity.Warning,
                at,
                $"The file of the backend `{tool.Backend}` does not name a tool `{tool.Name}`, and the backend itself was never seen.",
                Nearest(tool) ?? "Start `harness run` once, so that the backend's tools are known."));
        else
            findings.Add(
                CheckKind.UnknownTool, at, $"The backend `{tool.Backend}` has no tool `{tool.Name}`.",
                Nearest(tool) ?? "`harness servers catalog` shows every tool.");
        return null;
    }

    /// <summary>Whether tools may be meant that nobody has seen yet.</summary>
    public bool MayBeUnseen(ToolSelector selector) => selector switch
    {
        ToolSelector.ByName(var tool) => catalog.Unseen.Contains(tool.Backend),
        ToolSelector.ByBackend(var backend) => catalog.Unseen.Contains(backend),
        _ => !catalog.Unseen.IsEmpty,
    };

    private string? Nearest(ToolId tool) =>
        Suggest.Remedy(tool.Name, catalog.Tools.Where(known => known.Id.Backend == tool.Backend).Select(known => known.Id.Name).Concat(ReservedTools.All).Distinct(StringComparer.Ordinal));
}
