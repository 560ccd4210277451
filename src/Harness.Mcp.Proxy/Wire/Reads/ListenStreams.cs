using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Harness.Mcp.Proxy.Wire.Tasks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Wire.Reads;

/// <summary>
/// Answers `subscriptions/listen`: holds a notice stream open until the agent closes it or the proxy stops, and tells on it of changed lists and resources, as
/// far as the agent asked for them and the mission grants them.
/// </summary>
internal sealed class ListenStreams(
    ToolListNotices toolNotices, ReadNotices readNotices, IResourceWatches watches, TaskNotices taskNotices, IOptions<WireOptions> options, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private readonly InFlight _streams = new(options.Value.ListenStreamsMax);

    public async Task<Reply> AnswerAsync(AgentRequest request, IAgentPeer peer, CancellationToken cancellationToken)
    {
        if (!_streams.TryEnter(request.Agent.Id, request.Mission))
        {
            return new Reply.Error(WireError.Overloaded, $"You have {_streams.Max} notice streams open under this mission: close one first.");
        }

        try
        {
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
            var stream = new Stream(request, peer, stopping.Token);
            try
            {
                await HoldAsync(stream, stopping);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The proxy stops: the stream ends with its result, so that the agent knows that nothing was lost.
            }

            return new Reply.Result(new JsonObject { ["_meta"] = stream.Tag() });
        }
        finally
        {
            _streams.Leave(request.Agent.Id, request.Mission);
        }
    }

    private async Task HoldAsync(Stream stream, CancellationTokenSource stopping)
    {
        var request = stream.Request;
        using var tools = toolNotices.Listen(request.Mission);
        using var lists = await readNotices.ListenAsync(request.Mission, stopping.Token);
        await using var updates = new UpdateNotices(watches, options.Value.ListNoticeInterval, time);

        var granted = new JsonObject();
        foreach (var flag in (ReadOnlySpan<string>)["toolsListChanged", "promptsListChanged", "resourcesListChanged"])
            if (stream.Wants(flag)) granted[flag] = true;
        var watched = new JsonArray();
        foreach (var uri in stream.Resources)
            if (await updates.AddAsync(request.ReadOf(uri, stream.Peer), stopping.Token) is null) watched.Add(uri);
        if (watched.Count > 0) granted["resourceSubscriptions"] = watched;

        var tasks = new List<(AgentTask Task, TaskAnswer.Reported First)>();
        foreach (var handle in stream.Tasks)
            if (TaskRequests.TaskOf(request, handle) is var task && await taskNotices.BeginAsync(task, stopping.Token) is { } now) tasks.Add((task, now));
        if (tasks.Count > 0) granted["taskIds"] = new JsonArray([.. tasks.Select(one => JsonValue.Create(one.Task.Handle))]);

        await stream.SendAsync(Methods.Acknowledged, new JsonObject { ["notifications"] = granted });
        var telling = new List<Task>
        {
            Task.Delay(Timeout.InfiniteTimeSpan, time, stopping.Token),
            lists.RunAsync((method, _) => stream.Wants(method is Methods.PromptsChanged ? "promptsListChanged" : "resourcesListChanged") ? stream.SendAsync(method, []) : Task.CompletedTask, stopping.Token),
            updates.RunAsync(uri => request.ReadOf(uri), (uri, _) => stream.SendAsync(Methods.ResourceUpdated, new JsonObject { ["uri"] = uri }), stopping.Token),
        };
        if (stream.Wants("toolsListChanged")) telling.Add(tools.RunAsync(_ => stream.SendAsync(Methods.ToolsChanged, []), stopping.Token));

        if (tasks.Count > 0) telling.Add(TellTasksAsync(stream, tasks, stopping.Token));

        // One that fails ends them all.
        var first = await Task.WhenAny(telling);
        await stopping.CancelAsync();
        foreach (var task in telling)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException) when (task != first)
            {
                // Ended with the others.
            }
        }
    }

    /// <summary>Tells of tasks until all are over; then the stream goes on with the rest.</summary>
    private async Task TellTasksAsync(Stream stream, List<(AgentTask Task, TaskAnswer.Reported First)> tasks, CancellationToken cancellationToken)
    {
        await Task.WhenAll(tasks.Select(one => taskNotices.RunAsync(one.Task, one.First, shown => stream.SendAsync(Methods.TaskChanged, shown), cancellationToken)));
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
    }

    /// <summary>One open stream: what it asks for, and how its notices are tagged.</summary>
    private sealed class Stream(AgentRequest request, IAgentPeer peer, CancellationToken over)
    {
        private readonly JsonElement? _wanted = request.Message!.Param("notifications");

        public AgentRequest Request => request;

        public IAgentPeer Peer => peer;

        public IEnumerable<string> Resources => _wanted is { } wanted && wanted.TryGetProperty("resourceSubscriptions", out var uris)
            ? uris.EnumerateArray().Select(uri => uri.GetString()!).Distinct(StringComparer.Ordinal)
            : [];

        public IEnumerable<string> Tasks => _wanted is { } wanted && wanted.TryGetProperty("taskIds", out var ids)
            ? ids.EnumerateArray().Select(id => id.GetString()!).Distinct(StringComparer.Ordinal)
            : [];

        public bool Wants(string flag) => _wanted is { } wanted && wanted.TryGetProperty(flag, out var value) && value.ValueKind == JsonValueKind.True;

        public JsonObject Tag() => new() { [AgentMessage.SubscriptionKey] = JsonValue.Create(request.Message!.Id!.Value) };

        public Task SendAsync(string method, JsonObject parameters)
        {
            parameters["_meta"] = Tag();
            return peer.NotifyAsync(method, parameters, over);
        }
    }
}

internal static class ResourceReads
{
    /// <summary>The read of a resource that a request could ask for.</summary>
    /// <param name="peer">The way to the agent; null where nothing is forwarded.</param>
    public static AgentCall ReadOf(this AgentRequest request, string uri, IAgentPeer? peer = null) => new(request.Agent, request.Mission, uri, null, null)
    {
        Kind = CallKind.Resource,
        Inputs = peer is null ? null : new CallInputs(request, peer),
    };
}
