using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Operator.Approvals;

/// <summary>
/// One request as an approver is shown it. All of it comes from the chain: the words of the mission's author, the facts of the tool's
/// owner, and the arguments that will be sent, whole and in canonical form. None of it is the agent's description of them.
/// </summary>
public sealed record ApprovalReport(ApprovalId Id, string Template, string Objective, string Owner, OpenApproval Open)
{
    /// <summary>Each argument's name and value, both as canonical JSON, in the order of the names.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Arguments =>
    [
        .. Open.Asked.Arguments.EnumerateObject()
            .Select(argument => KeyValuePair.Create(Canonical(NameOf(argument)), Canonical(argument.Value)))
            .OrderBy(argument => argument.Key, StringComparer.Ordinal),
    ];

    internal static ApprovalReport Of(MissionState state, OpenApproval open) => new(
        new ApprovalId(state.Id, open.Version), state.Template.Name, state.Template.Objective, state.Template.Owner, open);

    // As JSON, since a name that is no valid Unicode is still sent, and must still be seen.
    private static JsonElement NameOf(JsonProperty argument) => JsonElement.Parse([(byte)'"', .. JsonMarshal.GetRawUtf8PropertyName(argument), (byte)'"']);

    private static string Canonical(JsonElement value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CanonicalJson.Write(value, bytes);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
