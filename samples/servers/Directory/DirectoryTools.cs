using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Samples.Directory;

/// <summary>The tools of the identity directory. State lives as long as the process.</summary>
internal sealed class DirectoryTools(List<Account> accounts)
{
    private const int SessionsOfAnActiveAccount = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Account> _accounts = accounts.ToDictionary(account => account.User, StringComparer.Ordinal);
    private readonly HashSet<(string User, string Role)> _elevated = [];

    [McpServerTool(Name = "get_user", Title = "Get account", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Returns one account of the directory: name, title, department, manager, groups, and whether it can sign in.")]
    public Account GetUser([Description("Sign-in name, for example `mara.lindqvist`."), MaxLength(64)] string user)
    {
        lock (_lock)
            return Find(user);
    }

    [McpServerTool(Name = "list_groups", Title = "List groups", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Lists the groups that one account is in.")]
    public GroupList ListGroups([Description("Sign-in name."), MaxLength(64)] string user)
    {
        lock (_lock)
            return new GroupList(user, Find(user).Groups);
    }

    [McpServerTool(Name = "disable_user", Title = "Disable account", ReadOnly = false, Destructive = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Stops an account from signing in and ends its sessions. Reversible with enable_user.")]
    public AccountChange DisableUser(
        [Description("Sign-in name."), MaxLength(64)] string user,
        [Description("Why, for the directory's own log."), MinLength(1), MaxLength(1000)] string reason)
    {
        lock (_lock)
        {
            var account = Find(user);
            _accounts[user] = account with { Enabled = false };
            return new AccountChange(user, Enabled: false, account.Enabled ? SessionsOfAnActiveAccount : 0, account.Enabled);
        }
    }

    [McpServerTool(Name = "enable_user", Title = "Enable account", ReadOnly = false, Destructive = false, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Lets a disabled account sign in again.")]
    public AccountChange EnableUser(
        [Description("Sign-in name."), MaxLength(64)] string user,
        [Description("Why, for the directory's own log."), MinLength(1), MaxLength(1000)] string reason)
    {
        lock (_lock)
        {
            var account = Find(user);
            _accounts[user] = account with { Enabled = true };
            return new AccountChange(user, Enabled: true, SessionsEnded: 0, !account.Enabled);
        }
    }

    [McpServerTool(Name = "elevate", Title = "Grant a role", ReadOnly = false, Destructive = false, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Gives an account a privileged role for a limited time.")]
    public RoleChange Elevate(
        [Description("Sign-in name."), MaxLength(64)] string user,
        [Description("The role."), AllowedValues("helpdesk", "host-admin", "mail-admin", "directory-admin")] string role,
        [Description("Minutes until the role ends by itself."), Range(1, 480)] int minutes)
    {
        lock (_lock)
        {
            Find(user);
            _elevated.Add((user, role));
            return new RoleChange(user, role, Held: true, minutes);
        }
    }

    [McpServerTool(Name = "revoke", Title = "Take a role back", ReadOnly = false, Destructive = false, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Takes back a role that elevate gave.")]
    public RoleChange Revoke(
        [Description("Sign-in name."), MaxLength(64)] string user,
        [Description("The role."), AllowedValues("helpdesk", "host-admin", "mail-admin", "directory-admin")] string role)
    {
        lock (_lock)
        {
            Find(user);
            return _elevated.Remove((user, role))
                ? new RoleChange(user, role, Held: false, Minutes: 0)
                : throw new McpException($"`{user}` does not hold the role `{role}`.");
        }
    }

    private Account Find(string user) =>
        _accounts.TryGetValue(user, out var account)
            ? account
            : throw new McpException($"The directory has no account `{user}`. Sign-in names look like `mara.lindqvist`.");
}
