using System.Text.Json.Nodes;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Wire.Tasks;

/// <summary>Answers `tasks/get`, `tasks/update` and `tasks/cancel`.</summary>
internal sealed class TaskRequests(IMissionTasks tasks, IOptions<WireOptions> options)
{
    private readonly InFlight _requests = new(options.Value.CallsInFlightMax);

    /// <summary>The question about a task that a request asks, or could ask.</summary>
    public static AgentTask TaskOf(AgentRequest request, string handle) => new(
        request.Agent, request.Mission, handle, InputCapabilities.Read(request.Message!.MetaMember(AgentMessage.CapabilitiesKey)));

    public async Task<Reply> AnswerAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        if (!_requests.TryEnter(request.Agent.Id, request.Mission))
            return new Reply.Error(WireError.Overloaded, $"You have {_requests.Max} questions about tasks in flight under this mission: wait for one to be answered.");

        try
        {
            var message = request.Message!;
            var asked = TaskOf(request, message.Param("taskId")!.Value.GetString()!);
            return ReplyOf(message.Method switch
            {
                Methods.UpdateTask => await tasks.UpdateAsync(asked, message.Param("inputResponses")!.Value, cancellationToken),
                Methods.CancelTask => await tasks.CancelAsync(asked, cancellationToken),
                _ => await tasks.GetAsync(asked, cancellationToken),
            });
        }
        finally
        {
            _requests.Leave(request.Agent.Id, request.Mission);
        }
    }

    private static Reply ReplyOf(TaskAnswer answer) => answer switch
    {
        TaskAnswer.Reported(var value, _) => new Reply.Result(JsonObject.Create(value)!),
        TaskAnswer.Noted => new Reply.Result([]),
        TaskAnswer.Undeclared(var missing) => Undeclared(missing),
        TaskAnswer.Error(var value) => Reply.OfError(value),
        _ => throw new System.Diagnostics.UnreachableException("No branch for this answer."),
    };

    private static Reply.Error Undeclared(AgentInputs missing) => new(
        WireError.MissingCapability,
        "The task asks for something that this request does not say you can be asked: ask for it again with those capabilities, or cancel it.",
        WireJson.ElementOf(json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("requiredCapabilities");
            InputCapabilities.Write(json, missing);
            json.WriteEndObject();
            json.WriteEndObject();
        }));
}
