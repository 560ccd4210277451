using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Samples.Office;

/// <summary>One ticket of the service desk.</summary>
internal sealed record Ticket(
    [property: Description("Number of the ticket, for example `TCK-3005`.")] string Number,
    [property: Description("Sign-in name of the person who asks.")] string Requester,
    [property: Description("`open`, `answered` or `assigned`.")] string Status,
    [property: Description("What the ticket is about, as its writer put it.")] string Subject,
    [property: Description("Addresses that get every public reply; some are outside the company.")] IReadOnlyList<string> Watchers,
    [property: Description("The question, as its writer put it.")] string Text,
    [property: Description("Replies and notes so far.")] IReadOnlyList<TicketComment> Comments);

internal sealed record TicketComment(
    [property: Description("Who wrote it.")] string Author,
    [property: Description("Whether the watchers see it.")] bool Public,
    [property: Description("The comment.")] string Text);

internal sealed record TicketHead(
    [property: Description("Number of the ticket.")] string Number,
    [property: Description("Sign-in name of the person who asks.")] string Requester,
    [property: Description("`open`, `answered` or `assigned`.")] string Status,
    [property: Description("What the ticket is about, as its writer put it.")] string Subject);

internal sealed record TicketList([property: Description("The tickets, by number.")] IReadOnlyList<TicketHead> Tickets);

/// <summary>The tools of the service desk. State lives as long as the process.</summary>
internal sealed class TicketTools(List<Ticket> tickets)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Ticket> _tickets =
        new(tickets.ToDictionary(ticket => ticket.Number, StringComparer.Ordinal), StringComparer.Ordinal);

    [McpServerTool(Name = "get", Title = "Get ticket", ReadOnly = true, Idempotent = true, OpenWorld = true, UseStructuredContent = true)]
    [Description("Returns one ticket with its comments. Question and comments can come from anybody.")]
    public Ticket Get([Description("Number of the ticket, for example `TCK-3005`."), RegularExpression("^TCK-[0-9]{4}$")] string ticket)
    {
        lock (_lock)
            return Find(ticket);
    }

    [McpServerTool(Name = "list", Title = "List tickets", ReadOnly = true, Idempotent = true, OpenWorld = true, UseStructuredContent = true)]
    [Description("Lists tickets by number, optionally only those of one status.")]
    public TicketList List(
        [Description("`open`, `answered` or `assigned`; leave out for all."), AllowedValues("open", "answered", "assigned")] string? status = null)
    {
        lock (_lock)
            return new TicketList(
            [
                .. _tickets.Values
                    .Where(ticket => status is null || string.Equals(ticket.Status, status, StringComparison.Ordinal))
                    .Select(Head),
            ]);
    }

    [McpServerTool(Name = "reply", Title = "Reply publicly", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = true, UseStructuredContent = true)]
    [Description("Answers a ticket. The requester and all watchers get the text, also those outside the company.")]
    public TicketHead Reply(
        [Description("Number of the ticket."), RegularExpression("^TCK-[0-9]{4}$")] string ticket,
        [Description("The answer."), MinLength(1), MaxLength(4000)] string text) =>
        Change(ticket, "answered", new TicketComment("agent", Public: true, text));

    [McpServerTool(Name = "assign", Title = "Hand over to people", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = false, UseStructuredContent = true)]
    [Description("Hands a ticket over to a team, with a note that only the company sees.")]
    public TicketHead Assign(
        [Description("Number of the ticket."), RegularExpression("^TCK-[0-9]{4}$")] string ticket,
        [Description("The team."), AllowedValues("service-desk", "personnel", "security")] string team,
        [Description("What the team needs to know."), MinLength(1), MaxLength(2000)] string note) =>
        Change(ticket, "assigned", new TicketComment("agent", Public: false, $"For {team}: {note}"));

    private static TicketHead Head(Ticket ticket) => new(ticket.Number, ticket.Requester, ticket.Status, ticket.Subject);

    private TicketHead Change(string number, string status, TicketComment comment)
    {
        lock (_lock)
        {
            var changed = Find(number) with { Status = status };
            changed = changed with { Comments = [.. changed.Comments, comment] };
            _tickets[number] = changed;
            return Head(changed);
        }
    }

    private Ticket Find(string number) =>
        _tickets.TryGetValue(number, out var ticket)
            ? ticket
            : throw new McpException($"There is no ticket `{number}`. List the tickets to see their numbers.");
}
