using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Enforcement.Reads;

/// <summary>
/// The lists of resources, templates and prompts that a mission's agent is shown: the union over all backends, what the grants select and their
/// limits accept. They are made from what the backends listed last, once for each mission and change.
/// </summary>
internal sealed class MissionReads : IMissionReads, IDisposable
{
    private const int MissionsKeptMax = 1_024;

    private readonly MissionGates _gates;
    private readonly IReadCatalog _catalog;
    private readonly IToolCatalog _tools;
    private readonly ConcurrentDictionary<(MissionId, ReadList), Made> _made = new();

    public MissionReads(MissionGates gates, IReadCatalog catalog, IToolCatalog tools)
    {
        (_gates, _catalog, _tools) = (gates, catalog, tools);
        _catalog.ReadsChanged += OnChanged;
    }

    public event Action<ReadList>? ListChanged;

    public async ValueTask<ReadListing> ListAsync(MissionId mission, ReadList list, CancellationToken cancellationToken)
    {
        MissionTemplate? template = null;
        var status = MissionStatus.Revoked;
        var answer = await _gates.Of(mission).LookAsync((state, time) => (template, status) = (state.Template, state.StatusAt(time)), cancellationToken);
        if (answer is not GateAnswer.Recorded || template is null)
            return new ReadListing.Refused(new Denial(
                ReasonCode.StateUnavailable, "The record of this mission cannot be read now. Try again later, or tell the proxy's operator."));

        return status switch
        {
            MissionStatus.Active or MissionStatus.Suspended => new ReadListing.Reads(Of(mission, template, list)),
            MissionStatus.Expired => new ReadListing.Refused(new Denial(ReasonCode.MissionExpired, "This mission has expired. Ask its owner to open a new one.")),
            _ => new ReadListing.Refused(new Denial(ReasonCode.MissionEnded, "This mission has ended. Ask its owner to open a new one.")),
        };
    }

    public async ValueTask<string?> InstructionsAsync(MissionId mission, CancellationToken cancellationToken)
    {
        MissionTemplate? template = null;
        await _gates.Of(mission).LookAsync((state, _) => template = state.Template, cancellationToken);
        return template is null ? null : MissionInstructions.Of(template, _tools.Current, _catalog.Reads);
    }

    public void Dispose() => _catalog.ReadsChanged -= OnChanged;

    private ImmutableArray<ListedRead> Of(MissionId mission, MissionTemplate template, ReadList list)
    {
        var reads = _catalog.Reads;
        if (_made.TryGetValue((mission, list), out var made) && made.Version == reads.Version)
            return made.Listed;

        ImmutableArray<ListedRead> listed =
        [
            .. (list switch
            {
                ReadList.Resources => Resources(template, reads),
                ReadList.Templates => Templates(template, reads),
                _ => Prompts(template, reads),
            }).OrderBy(read => read.Key, StringComparer.Ordinal),
        ];
        if (_made.Count >= MissionsKeptMax)
            _made.Clear();
        _made[(mission, list)] = new Made(reads.Version, listed);
        return listed;
    }

    private static IEnumerable<ListedRead> Resources(MissionTemplate template, CatalogReads reads) =>
        from backend in reads.Backends
        where template.Grants.Any(grant => grant.Selects(backend.FactsOfAny(ReservedTools.ReadResource)))
        from resource in backend.Resources
        let found = backend.OfResource(resource.Uri)
        where found.Standing == ToolStanding.Approved && IsGranted(template, found.Facts, new JsonObject { ["uri"] = resource.Uri })
        let exposed = ResourceUri.Exposed(backend.Id, backend.Form, resource.Uri)

        // A URI that would be read from another backend, or from none, is not shown as this one's.
        where reads.FindResource(exposed)?.Backend.Id == backend.Id
        select new ListedRead(exposed, resource.Json);

    private static IEnumerable<ListedRead> Templates(MissionTemplate template, CatalogReads reads) =>
        from backend in reads.Backends
        where template.Grants.Any(grant => grant.Selects(backend.FactsOfAny(ReservedTools.ReadResource)))
        from pattern in backend.Templates
        where pattern.Standing == ToolStanding.Approved
        let exposed = ResourceUri.Exposed(backend.Id, backend.Form, pattern.Name)
        where reads.FindTemplate(exposed)?.Backend.Id == backend.Id
        select new ListedRead(exposed, pattern.Definition.Json);

    private static IEnumerable<ListedRead> Prompts(MissionTemplate template, CatalogReads reads) =>
        from prompt in reads.Prompts
        where prompt.Prompt.Standing == ToolStanding.Approved
            && IsGranted(template, prompt.Backend.FactsOfPrompt(prompt.Prompt), new JsonObject { ["name"] = prompt.Prompt.Name })
        select new ListedRead(prompt.Name, prompt.Prompt.Definition.Json);

    private static bool IsGranted(MissionTemplate template, ToolFacts tool, JsonObject arguments)
    {
        var given = JsonSerializer.SerializeToElement(arguments);
        return template.Grants.Any(grant => grant.Selects(tool) && grant.AcceptsArguments(given));
    }

    private void OnChanged(ListKinds kinds)
    {
        foreach (var list in Lists(kinds))
            ListChanged?.Invoke(list);
    }

    private static IEnumerable<ReadList> Lists(ListKinds kinds)
    {
        if (kinds.HasFlag(ListKinds.Resources))
            yield return ReadList.Resources;
        if (kinds.HasFlag(ListKinds.Templates))
            yield return ReadList.Templates;
        if (kinds.HasFlag(ListKinds.Prompts))
            yield return ReadList.Prompts;
    }

    private sealed record Made(long Version, ImmutableArray<ListedRead> Listed);
}
