using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Log messages about agents. Ids 2200 to 2299; a released id is a promise. A token never stands in a log.</summary>
internal static partial class AgentsLog
{
    [LoggerMessage(2201, LogLevel.Information, "{Count} agents are registered.")]
    public static partial void Reloaded(ILogger logger, int count);

    [LoggerMessage(2202, LogLevel.Error, "The agents' folder has a mistake, so the last good registrations stay in force: {Problem}")]
    public static partial void ReloadRefused(ILogger logger, Problem problem);

    [LoggerMessage(2203, LogLevel.Warning, "DEVELOPMENT MODE: no issuer is configured, so every request from this machine counts as agent {AgentId}. Set `Agents:Issuer` and `Agents:Audience` before anybody else can reach this proxy.")]
    public static partial void DevelopmentMode(ILogger logger, AgentId agentId);

    [LoggerMessage(2204, LogLevel.Warning, "A token was refused: {Why}")]
    public static partial void TokenRefused(ILogger logger, string why);

    [LoggerMessage(2205, LogLevel.Warning, "A token of issuer {Issuer} names no registered agent: subject {Subject}, client {Client}.")]
    public static partial void AgentUnregistered(ILogger logger, string issuer, string? subject, string? client);

    [LoggerMessage(2206, LogLevel.Warning, "Agent {AgentId} was refused: {Why}")]
    public static partial void AgentRefused(ILogger logger, AgentId agentId, string why);

    [LoggerMessage(2207, LogLevel.Critical, "Development mode is for this machine alone, but the proxy listens on {Address}. It stops now. Listen on http://127.0.0.1 or set `Agents:Issuer` and `Agents:Audience`.")]
    public static partial void DevelopmentModeExposed(ILogger logger, string address);

    [LoggerMessage(2208, LogLevel.Error, "The issuer's metadata cannot be read, so no token can be checked.")]
    public static partial void IssuerUnreachable(ILogger logger, Exception failure);
}
