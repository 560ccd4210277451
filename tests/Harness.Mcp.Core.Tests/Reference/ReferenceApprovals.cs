using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>Requests for approval by the letter of the documentation, worked out from all links for every question.</summary>
internal sealed class ReferenceApprovals(ReferenceChain chain)
{
    /// <summary>What becomes of a call that nothing denies, and about which these ask.</summary>
    /// <param name="asking">The grant and the rules that ask, in their order.</param>
    public string Judge(ToolCall call, List<string> asking)
    {
        var request = Open(call.Time).LastOrDefault(open => open.IsOf(call));
        if (request is null || asking.Exists(rule => !request.Rules.Contains(rule)))
            return "escalate";
        if (request.IsRefused)
            return $"approval_refused {request.Rules[0]}";
        return request.Unanswered.Count == 0 ? $"permit {request.Version}" : $"escalate {request.Version}";
    }

    /// <summary>The requests that have neither expired nor been used up nor been asked anew.</summary>
    private List<Request> Open(DateTimeOffset now)
    {
        var open = new List<Request>();
        foreach (var link in chain.Links)
        {
            switch (link.Body)
            {
                case LinkBody.ApprovalRequested asked:
                    var request = new Request(link.Version, asked);
                    open.RemoveAll(earlier => earlier.IsOf(asked.Tool.Id.ToString(), Digest.Of(asked.Arguments)));
                    open.Add(request);
                    break;
                case LinkBody.ApprovalGranted(var version, var by, _):
                    open.Find(one => one.Version == version)!.Answer(by);
                    break;
                case LinkBody.ApprovalRefused(var version, _, _):
                    open.Find(one => one.Version == version)!.IsRefused = true;
                    break;
                case LinkBody.CallAdmitted { Approval: { } used }:
                    open.RemoveAll(one => one.Version == used);
                    break;
            }
        }

        open.RemoveAll(one => one.Expires <= now);
        return open;
    }

    private sealed class Request(long version, LinkBody.ApprovalRequested asked)
    {
        public long Version => version;

        public DateTimeOffset Expires => asked.ExpiresAt;

        public List<string> Rules { get; } = [.. asked.Asks.Select(ask => ask.Rule.Value)];

        public List<string> Unanswered { get; } = [.. asked.Asks.Select(ask => ask.By[0])];

        public bool IsRefused { get; set; }

        public void Answer(string by) => Unanswered.RemoveAll(name => name == by);

        public bool IsOf(ToolCall call) => IsOf(call.Tool.Id.ToString(), Digest.Of(call.Arguments));

        public bool IsOf(string tool, Digest arguments) => asked.Tool.Id.ToString() == tool && Digest.Of(asked.Arguments) == arguments;
    }
}
