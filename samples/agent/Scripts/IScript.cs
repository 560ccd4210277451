using System.Collections.Immutable;

namespace Harness.Mcp.Samples.Agent.Scripts;

/// <summary>What a scripted model does next, as a function of everything that has happened.</summary>
internal interface IScript
{
    bool Accepts(string task);

    Turn Next(Transcript transcript);
}

/// <summary>One turn of a model: words, and the calls it asks for; none ends the work.</summary>
internal sealed record Turn(string Say, ImmutableArray<ToolRequest> Calls)
{
    public static Turn Finish(string say) => new(say, []);

    public static Turn Call(string say, string tool, params (string Name, object? Value)[] arguments) =>
        new(say, [new ToolRequest(tool, arguments.ToDictionary(argument => argument.Name, argument => argument.Value, StringComparer.Ordinal))]);
}

/// <summary>A call that a model asks for, by the name under which it was shown the tool.</summary>
internal sealed record ToolRequest(string Tool, IDictionary<string, object?> Arguments);
