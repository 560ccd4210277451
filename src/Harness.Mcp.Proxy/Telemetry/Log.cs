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

    [LoggerMessage(2107, LogLevel.Debug, "Link {ChainVersion} of mission {MissionId} is on the chain: {LinkKind}, {LinkDigest}.")]
    public static partial void LinkRecorded(ILogger logger, long chainVersion, string missionId, string linkKind, string linkDigest);
}
