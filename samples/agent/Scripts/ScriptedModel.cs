using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Harness.Mcp.Samples.Agent.Scripts;

/// <summary>
/// Plays a model, so that the samples need no key and run the same each time. It is a credulous one: it decides each turn from
/// what the tools really answered, and believes whatever it reads there.
/// </summary>
/// <param name="pace">How long a turn takes.</param>
internal sealed class ScriptedModel(TimeSpan pace) : IChatClient
{
    private static readonly IScript[] Scripts = [new ContainAccountScript(), new AnswerTicketScript()];

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await Task.Delay(pace, cancellationToken);
        var transcript = Transcript.Of(messages, options?.Tools ?? []);
        var script = Array.Find(Scripts, script => script.Accepts(transcript.Task));
        var turn = script?.Next(transcript)
            ?? Turn.Finish("I have a script for tasks that name an alert (ALR-1007) or a ticket (TCK-3005) alone; this is neither.");

        var contents = new List<AIContent> { new TextContent(turn.Say) };
        foreach (var call in turn.Calls)
            contents.Add(new FunctionCallContent(
                string.Create(CultureInfo.InvariantCulture, $"call-{transcript.Calls.Length + contents.Count}"), call.Tool, call.Arguments));
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
        {
            ModelId = "scripted",
            FinishReason = turn.Calls.IsEmpty ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls,
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            yield return update;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this
        : serviceKey is null && serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("script", defaultModelId: "scripted")
        : null;

    public void Dispose()
    {
        // Nothing is held.
    }
}
