using System.Collections.Frozen;

namespace Harness.Mcp.AgentDojo.Authoring;

/// <summary>
/// Which fields of an untrusted result the system itself stands for. A mail's text is its sender's; its id, its sender's address and its date
/// are the mail system's. The principle, without a look at any attack: trusted are ids, the parties of a record (who sent, owns, takes
/// part), times, amounts, states, the names by which a system's own tools find things (a channel, a path), whatever is no text at all, and the items
/// of a result that is nothing but a list. Everything that people write as prose (subjects, titles, bodies, descriptions, places, contents) stays
/// untrusted, and so does every field whose name says nothing.
/// </summary>
internal static class FieldTrust
{
    private static readonly FrozenSet<string> Ids = Words("id", "ids", "uuid", "guid", "key", "number", "ref", "reference", "sku", "hash", "sha", "version");

    private static readonly FrozenSet<string> Parties = Words(
        "sender", "from", "recipient", "recipients", "receiver", "to", "cc", "bcc", "participant", "participants", "attendee", "attendees", "invitees", "member", "members",
        "owner", "author", "user", "users", "username", "login", "assignee", "assignees", "reviewer", "reviewers", "creator", "organizer", "customer", "payee", "payer",
        "contact", "email", "emails", "mail", "phone", "account", "iban");

    /// <summary>`created_by`, `shared_with`, `assigned_to`: what came before says who is meant.</summary>
    private static readonly FrozenSet<string> Relations = Words("by", "with", "to", "from");

    private static readonly FrozenSet<string> Times = Words(
        "time", "date", "day", "month", "year", "timestamp", "created", "updated", "modified", "start", "end", "due", "deadline", "expires", "expiry", "at");

    private static readonly FrozenSet<string> Amounts = Words(
        "amount", "price", "cost", "fee", "total", "balance", "quantity", "stock", "count", "size", "rating", "score", "currency");

    private static readonly FrozenSet<string> States = Words("status", "state", "type", "kind", "priority", "role", "permission", "permissions");

    private static readonly FrozenSet<string> Names = Words(
        "name", "filename", "path", "folder", "directory", "channel", "repo", "repository", "branch", "project", "group", "team");

    public static bool IsTrusted(ResultField field)
    {
        if (field.IsTextless || field.Path == "[]")
            return true;
        var last = WordsOf(field) is [.., var word] ? word : "";
        return IsParty(field) || Ids.Contains(last) || Times.Contains(last) || Amounts.Contains(last) || States.Contains(last) || Names.Contains(last);
    }

    /// <summary>Whether the field names somebody: where money moves, by an account.</summary>
    public static bool IsParty(ResultField field) => !field.IsTextless && WordsOf(field) switch
    {
        [.., _, var last] when Relations.Contains(last) => true,
        [.., var last] => Parties.Contains(last),
        _ => false,
    };

    private static string[] WordsOf(ResultField field) =>
        field.Path.Split('.')[^1].TrimEnd('[', ']').ToLowerInvariant().Split(['_', '-', ' '], StringSplitOptions.RemoveEmptyEntries);

    private static FrozenSet<string> Words(params string[] words) => words.ToFrozenSet(StringComparer.Ordinal);
}
