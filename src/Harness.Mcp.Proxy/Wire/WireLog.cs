using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Log messages of the agent side of the wire. Ids 2000 to 2099; a released id is a promise. Arguments and results never stand in a log.</summary>
internal static partial class WireLog
{
    [LoggerMessage(2001, LogLevel.Information, "A request was refused with HTTP {Status}, code {Code}: {Message}")]
    public static partial void RequestRefused(ILogger logger, int status, int code, string message);

    [LoggerMessage(2002, LogLevel.Information, "A request was refused, since no mission could be selected: {Reason}.")]
    public static partial void MissionRefused(ILogger logger, string reason);

    [LoggerMessage(2003, LogLevel.Error, "A request of agent {AgentId} under mission {MissionId} failed in method {Method}.")]
    public static partial void RequestFailed(ILogger logger, string agentId, string missionId, string method, Exception bug);

    [LoggerMessage(2004, LogLevel.Warning, "Agent {AgentId} has {CallsMax} calls in flight under mission {MissionId}; one more was denied.")]
    public static partial void Overloaded(ILogger logger, string agentId, string missionId, int callsMax);

    [LoggerMessage(2005, LogLevel.Debug, "A notice could not be sent to an agent under mission {MissionId}.")]
    public static partial void NoticeLost(ILogger logger, string missionId, Exception failure);
}
