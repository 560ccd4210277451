using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Samples.Office;

/// <summary>One mail message.</summary>
internal sealed record Message(
    [property: Description("Number of the message, for example `MSG-2041`.")] string Number,
    [property: Description("Address of the sender.")] string From,
    [property: Description("Addresses of the recipients.")] IReadOnlyList<string> To,
    [property: Description("When it arrived, UTC.")] DateTimeOffset Received,
    [property: Description("Subject line, as the sender wrote it.")] string Subject,
    [property: Description("Text, as the sender wrote it.")] string Body);

internal sealed record MessageHead(
    [property: Description("Number of the message.")] string Number,
    [property: Description("Address of the sender.")] string From,
    [property: Description("Subject line, as the sender wrote it.")] string Subject);

internal sealed record MessageList([property: Description("The messages found, newest first.")] IReadOnlyList<MessageHead> Messages);

internal sealed record SentMessage(
    [property: Description("Number of the sent message.")] string Number,
    [property: Description("Address of the recipient.")] string To,
    [property: Description("Whether the message left the company.")] bool LeftTheCompany);

/// <summary>The tools of the mail system. What is sent stays in memory: nothing leaves the machine.</summary>
internal sealed class MailTools(List<Message> messages)
{
    private const string OwnDomain = "@corp.example";
    private const string Sender = "soc-agent@corp.example";

    private readonly Lock _lock = new();
    private readonly List<Message> _messages = messages;

    [McpServerTool(Name = "read", Title = "Read message", ReadOnly = true, Idempotent = true, OpenWorld = true, UseStructuredContent = true)]
    [Description("Returns one mail message with its text. The text comes from its sender, who can be anybody.")]
    public Message Read([Description("Number of the message, for example `MSG-2041`."), RegularExpression("^MSG-[0-9]{4}$")] string message)
    {
        lock (_lock)
            return _messages.Find(found => string.Equals(found.Number, message, StringComparison.Ordinal))
                ?? throw new McpException($"There is no message `{message}`.");
    }

    [McpServerTool(Name = "search", Title = "Search messages", ReadOnly = true, Idempotent = true, OpenWorld = true, UseStructuredContent = true)]
    [Description("Finds messages by a part of the sender's address or the subject line, newest first.")]
    public MessageList Search([Description("What to look for, at least two characters."), MinLength(2), MaxLength(64)] string query)
    {
        lock (_lock)
            return new MessageList(
            [
                .. _messages
                    .Where(found => found.From.Contains(query, StringComparison.OrdinalIgnoreCase)
                        || found.Subject.Contains(query, StringComparison.OrdinalIgnoreCase))
                    .OrderByDescending(found => found.Received)
                    .Select(found => new MessageHead(found.Number, found.From, found.Subject)),
            ]);
    }

    [McpServerTool(Name = "send", Title = "Send mail", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = true, UseStructuredContent = true)]
    [Description("Sends a mail to any address, in the company or outside. It cannot be taken back.")]
    public SentMessage Send(
        [Description("Address of the recipient."), EmailAddress, MaxLength(254)] string to,
        [Description("Subject line."), MinLength(1), MaxLength(200)] string subject,
        [Description("Text."), MinLength(1), MaxLength(20000)] string body) => Deliver(to, subject, body);

    [McpServerTool(Name = "send_internal", Title = "Send mail inside the company", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = false, UseStructuredContent = true)]
    [Description("Sends a mail to an address at corp.example. Other recipients are refused, so the text stays in the company.")]
    public SentMessage SendInternal(
        [Description("Address of the recipient, at corp.example."), EmailAddress, MaxLength(254)] string to,
        [Description("Subject line."), MinLength(1), MaxLength(200)] string subject,
        [Description("Text."), MinLength(1), MaxLength(20000)] string body) =>
        IsInside(to)
            ? Deliver(to, subject, body)
            : throw new McpException($"`{to}` is not an address at corp.example; send_internal reaches the company alone.");

    private static bool IsInside(string address) => address.EndsWith(OwnDomain, StringComparison.OrdinalIgnoreCase);

    private SentMessage Deliver(string to, string subject, string body)
    {
        lock (_lock)
        {
            var number = string.Create(CultureInfo.InvariantCulture, $"MSG-{9001 + _messages.Count(found => found.From == Sender):0000}");
            _messages.Add(new Message(number, Sender, [to], DateTimeOffset.UtcNow, subject, body));
            return new SentMessage(number, to, !IsInside(to));
        }
    }
}
