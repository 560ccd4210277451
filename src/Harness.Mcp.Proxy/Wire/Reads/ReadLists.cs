using System.Diagnostics;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Enforcement.Reads;

namespace Harness.Mcp.Proxy.Wire.Reads;

/// <summary>
/// Answers `resources/list`, `resources/templates/list` and `prompts/list`: sorted by what an entry is read by, in pages whose cursor is the last key of the page
/// before, so that pages hold together even when the list changes in between.
/// </summary>
internal sealed class ReadLists(IMissionReads reads)
{
    public const int EntriesMax = 1_000;

    /// <param name="keepMilliseconds">How long a modern agent may keep the list.</param>
    public async Task<Reply> AnswerAsync(AgentRequest request, int keepMilliseconds, CancellationToken cancellationToken)
    {
        var (list, key, identity) = request.Message!.Method switch
        {
            Methods.ListResources => (ReadList.Resources, "resources", "uri"),
            Methods.ListTemplates => (ReadList.Templates, "resourceTemplates", "uriTemplate"),
            Methods.ListPrompts => (ReadList.Prompts, "prompts", "name"),
            _ => throw new UnreachableException("No such list."),
        };
        switch (await reads.ListAsync(request.Mission, list, cancellationToken))
        {
            case ReadListing.Reads(var listed):
                var cursor = request.Message.Param("cursor")?.GetString();
                var rest = listed.Where(entry => cursor is null || string.CompareOrdinal(entry.Key, cursor) > 0).Take(EntriesMax + 1).ToList();
                var hasMore = rest.Count > EntriesMax;
                if (hasMore) rest.RemoveAt(EntriesMax);

                var result = new JsonObject { [key] = new JsonArray([.. rest.Select(entry => Shown(entry, identity))]) };
                if (hasMore) result["nextCursor"] = rest[^1].Key;
                if (request.IsModern) Presentation.MayBeKept(result, keepMilliseconds);
                return new Reply.Result(result);
            case ReadListing.Refused(var denial):
                return new Reply.Error(WireError.MissionRefused, DenialResult.TextOf(denial), DenialResult.Of(denial, request.Mission).GetProperty("structuredContent"));
            default:
                throw new UnreachableException("No branch for this listing.");
        }
    }

    private static JsonObject Shown(ListedRead entry, string identity)
    {
        var shown = new JsonObject();
        foreach (var member in entry.Definition.EnumerateObject()) shown[member.Name] = member.NameEquals(identity) ? entry.Key : WireJson.ToNode(member.Value);
        return shown;
    }
}
