using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Harness.Mcp.Proxy.Wire.Modern;

/// <summary>The forms in which the agent takes an answer. The protocol has it name both; one that names one gets that one.</summary>
internal readonly record struct Accepted(bool Json, bool Stream)
{
    private const string Both = "application/json, text/event-stream";

    public static Accepted Of(StringValues header)
    {
        if (header.Count == 0 || (header.Count == 1 && string.Equals(header[0], Both, StringComparison.OrdinalIgnoreCase))) return new Accepted(true, true);
        if (!MediaTypeHeaderValue.TryParseList(header, out var types)) return default;

        var accepted = new Accepted();
        foreach (var type in types)
        {
            if (type.Quality == 0) continue;
            if (Matches(type, "application", "json")) accepted = accepted with { Json = true };
            if (Matches(type, "text", "event-stream")) accepted = accepted with { Stream = true };
        }

        return accepted;
    }

    private static bool Matches(MediaTypeHeaderValue range, string type, string subtype) =>
        range.MatchesAllTypes
        || (range.Type.Equals(type, StringComparison.OrdinalIgnoreCase) && (range.MatchesAllSubTypes || range.SubType.Equals(subtype, StringComparison.OrdinalIgnoreCase)));
}
