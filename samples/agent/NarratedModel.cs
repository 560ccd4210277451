using Microsoft.Extensions.AI;

namespace Harness.Mcp.Samples.Agent;

/// <summary>Writes down what a model says, line by line, before the tools it asks for are called.</summary>
internal sealed class NarratedModel(IChatClient model, TextWriter narration) : DelegatingChatClient(model)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var response = await base.GetResponseAsync(messages, options, cancellationToken);
        foreach (var line in response.Text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            await narration.WriteLineAsync(line.AsMemory(), cancellationToken);
        await narration.FlushAsync(cancellationToken);
        return response;
    }
}
