using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Telemetry;

/// <summary>
/// Log messages of enforcement. Ids 2100 to 2199; a released id is a promise. Arguments and results never stand in a log.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(2101, LogLevel.Information, "Call {CallId} of mission {MissionId} denied: {Reason}.")]
    public static partial void CallDenied(ILogger logger, Guid callId, string missionId, string reason);

    [LoggerMessage(2102, LogLevel.Error, "Call {CallId} of mission {MissionId} could not be judged, so it was denied.")]
    public static partial void DecisionFailed(ILogger logger, Guid callId, string missionId, Exception bug);

    [LoggerMessage(2103, LogLevel.Error, "Call {CallId} of mission {MissionId} was denied, since the chain store is unavailable: {Why}")]
    public static partial void StoreUnavailable(ILogger logger, Guid callId, string missionId, string why);

    [LoggerMessage(2104, LogLevel.Error, "The outcome of call {CallId} of mission {MissionId} could not be recorded; its answer was withheld and it will settle as unknown: {Why}")]
    public static partial void SettlementLost(ILogger logger, Guid callId, string missionId, string why);

    [LoggerMessage(2105, LogLevel.Error, "Forwarding call {CallId} to backend {BackendId} broke off.")]
    public static partial void ForwardingFailed(ILogger logger, Guid callId, string backendId, Exception failure);

    [LoggerMessage(2106, LogLevel.Warning, "Mission {MissionId} cannot be used: {Why}")]
    public static partial void MissionUnusable(ILogger logger, string missionId, string why);

    [LoggerMessage(2107, LogLevel.Information, "Call {CallId} of mission {MissionId} waits for approval as request {Request} of the mission.")]
    public static partial void CallWaits(ILogger logger, Guid callId, string missionId, long request);

    [LoggerMessage(2108, LogLevel.Warning, "Mission {MissionId} owed by rule {RuleId} what must follow link {Link}; the proxy calls it itself as call {CallId}.")]
    public static partial void ObligationRun(ILogger logger, string missionId, string ruleId, long link, Guid callId);

    [LoggerMessage(2109, LogLevel.Error, "Mission {MissionId} owes by rule {RuleId} what must follow link {Link}, and it will not be done: {Why}")]
    public static partial void ObligationMissed(ILogger logger, string missionId, string ruleId, long link, string why);

    [LoggerMessage(2110, LogLevel.Error, "The obligations of mission {MissionId} could not be looked after; that is tried again.")]
    public static partial void ObligationsFailed(ILogger logger, string missionId, Exception bug);

    [LoggerMessage(2115, LogLevel.Information, "Call {CallId} of mission {MissionId}: what its backend asked of the agent was not passed on: {Reason}.")]
    public static partial void AskRefused(ILogger logger, Guid callId, string missionId, string reason);

    [LoggerMessage(2116, LogLevel.Information, "Call {CallId} of mission {MissionId} asks its agent, question {Round}: {Kinds}.")]
    public static partial void AgentAsked(ILogger logger, Guid callId, string missionId, int round, string kinds);

    [LoggerMessage(2117, LogLevel.Information, "Call {CallId} of mission {MissionId}, question {Round}: {Outcome}.")]
    public static partial void AgentAnswered(ILogger logger, Guid callId, string missionId, int round, string outcome);

    [LoggerMessage(2118, LogLevel.Error, "The large results of missions that are over could not be removed; the next round tries again.")]
    public static partial void LargeResultsNotSwept(ILogger logger, Exception bug);

    [LoggerMessage(2119, LogLevel.Information, "Call {CallId} of mission {MissionId} is answered later, by a task.")]
    public static partial void TaskOpened(ILogger logger, Guid callId, string missionId);

    [LoggerMessage(2120, LogLevel.Information, "The task of call {CallId} of mission {MissionId}: its backend said nothing of it: {Why}")]
    public static partial void TaskUntold(ILogger logger, Guid callId, string missionId, string why);

    [LoggerMessage(2121, LogLevel.Warning, "The task of call {CallId} of mission {MissionId}: its backend could not be told that nobody waits for it: {Why}")]
    public static partial void TaskNotCancelled(ILogger logger, Guid callId, string missionId, string why);

    [LoggerMessage(2122, LogLevel.Error, "The tasks of mission {MissionId} could not be looked after; that is tried again.")]
    public static partial void TasksNotKept(ILogger logger, string missionId, Exception bug);

    [LoggerMessage(2123, LogLevel.Warning, "A result of backend {BackendId} under mission {MissionId} named images elsewhere, which were taken out: {Hosts}.")]
    public static partial void ImagesTakenOut(ILogger logger, string missionId, string backendId, string hosts);

    [LoggerMessage(2111, LogLevel.Debug, "Link {ChainVersion} of mission {MissionId} is on the chain: {LinkKind}, {LinkDigest}.")]
    public static partial void LinkRecorded(ILogger logger, long chainVersion, string missionId, string linkKind, string linkDigest);

    [LoggerMessage(2112, LogLevel.Debug, "A snapshot of mission {MissionId} at version {ChainVersion} is kept; it has {Bytes} bytes.")]
    public static partial void SnapshotKept(ILogger logger, string missionId, long chainVersion, int bytes);

    [LoggerMessage(2113, LogLevel.Information, "The snapshot of mission {MissionId} at version {ChainVersion} is of another program or chain; its links are read from the first one.")]
    public static partial void SnapshotUnusable(ILogger logger, string missionId, long chainVersion);

    [LoggerMessage(2114, LogLevel.Error, "A snapshot of mission {MissionId} could not be kept. The chain is complete without it.")]
    public static partial void SnapshotFailed(ILogger logger, string missionId, Exception bug);
}
