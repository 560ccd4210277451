using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Large;

/// <summary>
/// Answers of results that are too large to be answered at once: a preview and a link, by which the agent can read the whole piece by piece. Each read is a
/// call of <see cref="ReservedTools.ReadResult"/> of the backend, with the labels of the tool that brought the result.
/// </summary>
internal sealed class LargeAnswers(LargeResults results)
{
    /// <summary>Of a result, in bytes.</summary>
    public const int PreviewBytes = 2 * 1024;

    /// <summary>Of one piece, in bytes, where the agent does not say.</summary>
    public const int PieceBytes = 64 * 1024;

    /// <summary>The largest piece, in bytes: no more than what a link records, so that rules see all of it.</summary>
    public const int PieceBytesMax = 192 * 1024;

    /// <summary>Where the URI of the next piece stands in the `_meta` of a piece; it is left out with the last.</summary>
    public const string NextKey = "harness-mcp/next";

    private const string Prefix = ResourceUri.OwnPrefix + "results/";

    public static bool IsOf(string uri) => uri.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Keeps the result of a call and writes the answer that stands for it.</summary>
    /// <returns>A kept result, or one that cannot be accepted where it cannot be kept.</returns>
    public async Task<BackendReply> KeepAsync(BackendReply.Large reply, LargeCall call)
    {
        using var spool = reply.Spool;
        if (call.Kind == CallKind.Completion || results.Keep(spool, reply.Answer, call.Mission, call.Call, call.Tool) is not { } kept)
            return new BackendReply.Unreadable("the result is too large to be answered, and cannot be kept");
        spool.Dispose();
        return await AnswerAsync(kept, call) ?? new BackendReply.Unreadable("the result is too large to be answered, and cannot be kept");
    }

    /// <summary>The answer that stands for a result which was kept before.</summary>
    /// <returns>Null where none of the call is kept, or can be read.</returns>
    public async Task<BackendReply?> KeptAsync(LargeCall call) =>
        results.Find(call.Mission, call.Call.ToString()) is { } kept ? await AnswerAsync(kept, call) : null;

    /// <summary>What a URI of a result stands for; null where nothing of it is kept for the mission.</summary>
    public (ToolFacts Facts, JsonObject Arguments)? Find(MissionId mission, string uri)
    {
        if (Parse(uri) is not (var call, var offset, var bytes) || results.Find(mission, call) is not { } kept || !Digest.TryParse(kept.Definition, out var definition))
            return null;
        var facts = new ToolFacts
        {
            Id = new ToolId(new BackendId(kept.Backend), ReservedTools.ReadResult),
            Domain = kept.Domain,
            Effect = Effect.Read,
            Labels = new ResultLabels(kept.Labels, []),
            Definition = definition,
        };
        return (facts, new JsonObject { ["call"] = call, ["offset"] = offset, ["bytes"] = bytes });
    }

    /// <summary>One piece, as `resources/read` answers it.</summary>
    public async Task<BackendReply> ReadAsync(MissionId mission, string uri, JsonElement arguments, CancellationToken cancellationToken)
    {
        var (call, offset, bytes) = (arguments.GetProperty("call").GetString()!, arguments.GetProperty("offset").GetInt64(), arguments.GetProperty("bytes").GetInt32());
        if (results.Find(mission, call) is not { } kept)
            return new BackendReply.NotSent("the result is no longer kept");
        if (await results.ReadAsync(mission, kept, offset, bytes, cancellationToken) is not { } piece)
            return new BackendReply.Error(WireJson.ElementOf(new JsonObject
            {
                ["code"] = WireError.InvalidParams,
                ["message"] = $"The result has {kept.Length} bytes: ask for an offset below that.",
            }));

        var content = new JsonObject { ["uri"] = uri, ["mimeType"] = "text/plain", ["text"] = Encoding.UTF8.GetString(piece) };
        if (offset + piece.Length < kept.Length && piece.Length > 0)
            content["_meta"] = new JsonObject { [NextKey] = UriOf(call, offset + piece.Length, bytes) };
        return new BackendReply.Result(WireJson.ElementOf(new JsonObject { ["contents"] = new JsonArray(content) }));
    }

    private async Task<BackendReply?> AnswerAsync(LargeResult kept, LargeCall call)
    {
        try
        {
            var digest = await results.DigestAsync(call.Mission, kept, CancellationToken.None);
            var preview = Encoding.UTF8.GetString(await results.ReadAsync(call.Mission, kept, 0, PreviewBytes, CancellationToken.None) ?? []);
            return new BackendReply.Kept(Answer(kept, call, preview), preview, digest, kept.IsError);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static JsonElement Answer(LargeResult kept, LargeCall call, string preview)
    {
        var uri = UriOf(kept.Call, 0, PieceBytes);
        var said = $"The result has {kept.Length} bytes, too many to answer at once. Read it piece by piece with `resources/read`, beginning at {uri} "
            + $"(grant `{kept.Backend}/{ReservedTools.ReadResult}`); each piece names the next one in `_meta`. It is JSON, and begins so:";
        var link = new JsonObject
        {
            ["type"] = "resource_link", ["uri"] = uri, ["name"] = $"result-{kept.Call}", ["title"] = $"Whole result of {kept.Tool}", ["mimeType"] = "text/plain", ["size"] = kept.Length,
        };
        JsonNode Text(string text) => new JsonObject { ["type"] = "text", ["text"] = text };
        return WireJson.ElementOf(call.Kind switch
        {
            CallKind.Resource => new JsonObject
            {
                ["contents"] = new JsonArray(new JsonObject { ["uri"] = call.Uri, ["mimeType"] = "text/plain", ["text"] = $"{said}\n{preview}" }),
            },
            CallKind.Prompt => new JsonObject
            {
                ["messages"] = new JsonArray(
                    new JsonObject { ["role"] = "user", ["content"] = Text($"{said}\n{preview}") }, new JsonObject { ["role"] = "user", ["content"] = link }),
            },

            // Clients hold what has no error flag against the tool's output schema, which a preview cannot fit.
            _ => new JsonObject { ["content"] = new JsonArray(Text(said), Text(preview), link), ["isError"] = kept.IsError || call.IsHeldToSchema },
        });
    }

    private static string UriOf(string call, long offset, int bytes) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{call}?offset={offset}&bytes={bytes}");

    private static (string Call, long Offset, int Bytes)? Parse(string uri)
    {
        var rest = uri[Prefix.Length..].Split('?');
        var (offset, bytes) = (0L, PieceBytes);
        foreach (var pair in rest.Length == 2 ? rest[1].Split('&') : [])
        {
            var parts = pair.Split('=');
            var isRead = parts is [var key, var value] && key switch
            {
                "offset" => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out offset) && offset <= LargeResults.ResultBytesMax,
                "bytes" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes is >= 4 and <= PieceBytesMax,
                _ => false,
            };
            if (!isRead)
                return null;
        }

        return rest.Length <= 2 ? (rest[0], offset, bytes) : null;
    }
}

/// <summary>A call whose result is too large to be answered at once.</summary>
/// <param name="Tool">A read of the result has its labels.</param>
/// <param name="IsHeldToSchema">Whether the agent was shown an output schema, against which it holds what is no error.</param>
internal sealed record LargeCall(MissionId Mission, CallId Call, CallKind Kind, ToolFacts Tool, bool IsHeldToSchema)
{
    /// <summary>Of the resource that was read; null where it was none.</summary>
    public string? Uri { get; init; }

    public static LargeCall Of(ProposedCall proposed, ToolFacts tool) => new(proposed.Asked.Mission, proposed.Id, proposed.Asked.Kind, tool, proposed.IsShownOutputSchema)
    {
        Uri = proposed.Asked.Kind == CallKind.Resource ? proposed.Arguments.GetProperty("uri").GetString() : null,
    };
}
