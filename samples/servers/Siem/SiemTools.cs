using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Samples.Siem;

/// <summary>The tools of the alert desk. State lives as long as the process.</summary>
internal sealed class SiemTools(List<Alert> alerts, List<SecurityEvent> events)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Alert> _alerts = alerts.ToDictionary(alert => alert.Number, StringComparer.Ordinal);

    [McpServerTool(Name = "get_alert", Title = "Get alert", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Returns one alert: the account and hosts concerned, the evidence, what the detection saw, and people's comments.")]
    public Alert GetAlert([Description("Number of the alert, for example `ALR-1007`."), RegularExpression("^ALR-[0-9]{4}$")] string alert)
    {
        lock (_lock)
            return Find(alert);
    }

    [McpServerTool(Name = "list_alerts", Title = "List alerts", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Lists alerts, newest first, optionally only those of one status.")]
    public AlertList ListAlerts(
        [Description("`open`, `contained` or `closed`; leave out for all."), AllowedValues("open", "contained", "closed")] string? status = null)
    {
        lock (_lock)
            return new AlertList(
            [
                .. _alerts.Values
                    .Where(alert => status is null || string.Equals(alert.Status, status, StringComparison.Ordinal))
                    .OrderByDescending(alert => alert.Detected)
                    .Select(alert => new AlertHead(alert.Number, alert.Severity, alert.Title, alert.Status)),
            ]);
    }

    [McpServerTool(Name = "search_events", Title = "Search events", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Returns the recorded events of one account, oldest first.")]
    public EventList SearchEvents(
        [Description("Sign-in name."), MaxLength(64)] string user,
        [Description("Only events of this kind; leave out for all."), AllowedValues("sign_in", "mfa_denied", "process", "mail_rule", "download")] string? kind = null) =>
        new([
            .. events
                .Where(found => string.Equals(found.User, user, StringComparison.Ordinal))
                .Where(found => kind is null || string.Equals(found.Kind, kind, StringComparison.Ordinal))
                .OrderBy(found => found.Time),
        ]);

    [McpServerTool(Name = "close_alert", Title = "Close alert", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = false, UseStructuredContent = true)]
    [Description("Sets an alert to contained or closed, with a note for the people who read it next.")]
    public AlertHead CloseAlert(
        [Description("Number of the alert."), RegularExpression("^ALR-[0-9]{4}$")] string alert,
        [Description("The new status."), AllowedValues("contained", "closed")] string status,
        [Description("What was found and done."), MinLength(1), MaxLength(2000)] string note)
    {
        lock (_lock)
        {
            var found = Find(alert);
            if (string.Equals(found.Status, "closed", StringComparison.Ordinal))
                throw new McpException($"Alert `{alert}` is closed already.");

            _alerts[alert] = found with
            {
                Status = status,
                Comments = [.. found.Comments, new AlertComment("agent", DateTimeOffset.UtcNow, note)],
            };
            return new AlertHead(alert, found.Severity, found.Title, status);
        }
    }

    private Alert Find(string number) =>
        _alerts.TryGetValue(number, out var alert)
            ? alert
            : throw new McpException($"There is no alert `{number}`. List the alerts to see their numbers.");
}
