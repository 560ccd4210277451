using Harness.Mcp.Core.Documents;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Layers;

/// <summary>Log messages about guardrails and terms. Ids 2300 to 2399; a released id is a promise.</summary>
internal static partial class LayersLog
{
    [LoggerMessage(2301, LogLevel.Information, "Guardrails are read anew: {Count} rules. Every open mission is bound by them from its next call on.")]
    public static partial void GuardrailsRead(ILogger logger, int count);

    [LoggerMessage(2302, LogLevel.Error, "The guardrails have a mistake, so the last good ones stay in force: {Problem}")]
    public static partial void GuardrailsRefused(ILogger logger, Problem problem);

    [LoggerMessage(2303, LogLevel.Warning, "The guardrails' file is gone; the last good ones stay in force until the program starts anew.")]
    public static partial void GuardrailsGone(ILogger logger);

    [LoggerMessage(2304, LogLevel.Warning, "{Finding}")]
    public static partial void Finding(ILogger logger, Problem finding);
}
