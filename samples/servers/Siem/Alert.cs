using System.ComponentModel;

namespace Harness.Mcp.Samples.Siem;

/// <summary>One security alert.</summary>
internal sealed record Alert(
    [property: Description("Number of the alert, for example `ALR-1007`.")] string Number,
    [property: Description("`low`, `medium`, `high` or `critical`.")] string Severity,
    [property: Description("The detection that fired.")] string Title,
    [property: Description("`open`, `contained` or `closed`.")] string Status,
    [property: Description("Sign-in name of the account concerned.")] string User,
    [property: Description("Names of the hosts concerned.")] IReadOnlyList<string> Hosts,
    [property: Description("The mail message that is evidence, for example `MSG-2041`; null for none.")] string? EvidenceMessage,
    [property: Description("When the detection fired, UTC.")] DateTimeOffset Detected,
    [property: Description("What the detection saw, in words. Partly taken from the observed traffic.")] string Summary,
    [property: Description("What people wrote about the alert.")] IReadOnlyList<AlertComment> Comments);

internal sealed record AlertComment(
    [property: Description("Who wrote it.")] string Author,
    [property: Description("When, UTC.")] DateTimeOffset Time,
    [property: Description("The comment.")] string Text);

internal sealed record AlertHead(
    [property: Description("Number of the alert.")] string Number,
    [property: Description("`low`, `medium`, `high` or `critical`.")] string Severity,
    [property: Description("The detection that fired.")] string Title,
    [property: Description("`open`, `contained` or `closed`.")] string Status);

internal sealed record AlertList([property: Description("The alerts, newest first.")] IReadOnlyList<AlertHead> Alerts);

internal sealed record SecurityEvent(
    [property: Description("When, UTC.")] DateTimeOffset Time,
    [property: Description("Sign-in name.")] string User,
    [property: Description("Name of the host; null where none took part.")] string? Host,
    [property: Description("What happened: `sign_in`, `mfa_denied`, `process`, `mail_rule`, `download`.")] string Kind,
    [property: Description("Details. Partly taken from the observed traffic.")] string Detail);

internal sealed record EventList([property: Description("The events, oldest first.")] IReadOnlyList<SecurityEvent> Events);
