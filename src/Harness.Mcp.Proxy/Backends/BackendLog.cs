using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Reads;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>Log messages of the backends: event ids 3000 to 3099.</summary>
internal static partial class BackendLog
{
    [LoggerMessage(3001, LogLevel.Warning, "servers.config: {Problem}")]
    public static partial void ConfigurationProblem(ILogger logger, string problem);

    [LoggerMessage(3002, LogLevel.Information, "Backend {Backend} is described anew; its channels are replaced.")]
    public static partial void BackendReplaced(ILogger logger, BackendId backend);

    [LoggerMessage(3003, LogLevel.Information, "Backend {Backend} is no longer described; its channels are closed.")]
    public static partial void BackendRemoved(ILogger logger, BackendId backend);

    [LoggerMessage(3010, LogLevel.Information, "Backend {Backend} is connected ({Version}) and lists {Tools} tools.")]
    public static partial void BackendConnected(ILogger logger, BackendId backend, string version, int tools);

    [LoggerMessage(3011, LogLevel.Warning, "Backend {Backend} cannot be used: {Reason} The next attempt follows in {Seconds} s.")]
    public static partial void BackendFailed(ILogger logger, BackendId backend, string reason, double seconds);

    [LoggerMessage(3012, LogLevel.Debug, "A notice {Method} did not reach the agent.")]
    public static partial void NoticeLost(ILogger logger, string method, Exception failure);

    [LoggerMessage(3013, LogLevel.Warning, "A backend's session could not be renewed: {Reason}")]
    public static partial void SessionNotRenewed(ILogger logger, string reason);

    [LoggerMessage(3015, LogLevel.Warning, "Backend {Backend} lists more {Kind} than {Max}; the rest is not shown.")]
    public static partial void ListCut(ILogger logger, BackendId backend, ListKinds kind, int max);

    [LoggerMessage(3016, LogLevel.Information, "Backend {Backend} does not list its {Kind}: {Reason} What was known of them stays.")]
    public static partial void ListLacking(ILogger logger, BackendId backend, ListKinds kind, string reason);

    [LoggerMessage(3014, LogLevel.Error, "Backend {Backend}: the watch over it failed and starts anew.")]
    public static partial void SupervisionFailed(ILogger logger, BackendId backend, Exception failure);

    [LoggerMessage(3020, LogLevel.Warning, "Tool {Tool} is kept out of the catalog: {Reason}")]
    public static partial void ToolRefused(ILogger logger, ToolId tool, string reason);

    [LoggerMessage(3021, LogLevel.Warning, "Tool {Tool} changed its definition and is quarantined; `harness servers approve {Backend}` shows the change.")]
    public static partial void ToolDrifted(ILogger logger, ToolId tool, BackendId backend);

    [LoggerMessage(3022, LogLevel.Warning, "Tool {Tool} is new and waits for `harness servers approve {Backend}`.")]
    public static partial void ToolUnapproved(ILogger logger, ToolId tool, BackendId backend);

    [LoggerMessage(3023, LogLevel.Error, "The pins of backend {Backend} cannot be read; none of its tools is approved. {Reason}")]
    public static partial void PinsUnreadable(ILogger logger, BackendId backend, string reason);

    [LoggerMessage(3024, LogLevel.Error, "State of backend {Backend} cannot be written: {Reason}")]
    public static partial void StateNotWritten(ILogger logger, BackendId backend, string reason);

    [LoggerMessage(3025, LogLevel.Information, "The tools of backend {Backend} are pinned as first seen: {Tools} tools.")]
    public static partial void ToolsPinned(ILogger logger, BackendId backend, int tools);

    [LoggerMessage(3026, LogLevel.Warning, "Backend {Backend}: the operation {Operation} is no tool: {Reason}")]
    public static partial void OperationLeftOut(ILogger logger, BackendId backend, string operation, string reason);
}
