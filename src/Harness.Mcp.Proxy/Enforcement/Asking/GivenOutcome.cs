using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>What became of an agent's answer to a question.</summary>
internal abstract record GivenOutcome
{
    private GivenOutcome() { }

    /// <summary>It is durable and may leave to the backend.</summary>
    /// <param name="Value">A JSON object: the answers by the keys of their requests.</param>
    /// <param name="Call">The call as it waited.</param>
    public sealed record Given(JsonElement Value, OpenAsk Ask, ChainCall Call) : GivenOutcome;

    /// <summary>Not all was answered: the question still stands and is asked again.</summary>
    public sealed record Missing(OpenAsk Ask) : GivenOutcome;

    /// <summary>It does not leave.</summary>
    /// <param name="Call">The call that waited for it and is now given up; null where no such call waits.</param>
    public sealed record Refused(Denial Denial, ChainCall? Call) : GivenOutcome;
}
