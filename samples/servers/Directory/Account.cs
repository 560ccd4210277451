using System.ComponentModel;

namespace Harness.Mcp.Samples.Directory;

/// <summary>One account of the directory.</summary>
internal sealed record Account(
    [property: Description("Sign-in name, for example `mara.lindqvist`.")] string User,
    [property: Description("Full name.")] string Name,
    [property: Description("Job title.")] string Title,
    [property: Description("Department.")] string Department,
    [property: Description("Work mail address.")] string Email,
    [property: Description("Sign-in name of the manager; null for the head of the company.")] string? Manager,
    [property: Description("Work mail address of the manager; null for the head of the company.")] string? ManagerEmail,
    [property: Description("Whether the account can sign in.")] bool Enabled,
    [property: Description("Whether the account holds a privileged role.")] bool Privileged,
    [property: Description("Time of the last sign-in, UTC.")] DateTimeOffset LastSignIn,
    [property: Description("Names of the groups the account is in.")] IReadOnlyList<string> Groups);

internal sealed record GroupList(
    [property: Description("Sign-in name.")] string User,
    [property: Description("Names of the groups the account is in.")] IReadOnlyList<string> Groups);

internal sealed record AccountChange(
    [property: Description("Sign-in name.")] string User,
    [property: Description("Whether the account can sign in now.")] bool Enabled,
    [property: Description("Sessions that were ended.")] int SessionsEnded,
    [property: Description("Whether the call changed anything.")] bool Changed);

internal sealed record RoleChange(
    [property: Description("Sign-in name.")] string User,
    [property: Description("The role.")] string Role,
    [property: Description("Whether the account holds the role now.")] bool Held,
    [property: Description("Minutes until the role ends by itself; 0 when it is not held.")] int Minutes);
