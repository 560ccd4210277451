using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Reads one document of `agents/`: the agent, or every problem at once.</summary>
public static partial class AgentParser
{
    private const int TextLengthMax = 512;

    private static readonly string[] Keys = ["agent", "owner", "issuer", "subject", "client", "missions", "review-by", "active"];

    public static Parsed<RegisteredAgent> Parse(DocumentNode document)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document is not DocumentNode.Map map)
            return new(ImmutableArray.Create(new Problem(document.Position, "An agent is written as a map.", "Start with `agent: NAME`.")));

        var problems = ImmutableArray.CreateBuilder<Problem>();
        foreach (var entry in map.Entries.Where(entry => !Keys.Contains(entry.Key, StringComparer.Ordinal)))
            problems.Add(new Problem(entry.KeyPosition, $"An agent has no key `{entry.Key}`.", Suggest.Remedy(entry.Key, Keys)));

        var id = ReadName(map, problems);
        var owner = ReadText(map, "owner", "Name the person or team that answers for the agent.", problems);
        var issuer = ReadIssuer(map, problems);
        var subject = ReadText(map, "subject", null, problems);
        var client = ReadText(map, "client", null, problems);
        var missions = ReadMissions(map, problems);
        var reviewBy = ReadReviewBy(map, problems);
        var isActive = ReadActive(map, problems);

        if (map["issuer"] is null && (map["subject"] ?? map["client"]) is { } alone)
            problems.Add(new Problem(alone.Position, "`subject` and `client` mean nothing without the `issuer` that vouches for them.", "Add `issuer: https://…`."));
        if (map["issuer"] is { } vouching && map["subject"] is null && map["client"] is null)
            problems.Add(new Problem(vouching.Position, "An `issuer` alone would name all of its identities.", "Add `subject` (the token's `sub`), `client` (its `client_id`), or both."));

        return problems.Count > 0
            ? new([.. problems.OrderBy(problem => (problem.Position.Line, problem.Position.Column))])
            : new(new RegisteredAgent
            {
                Id = new AgentId(id),
                Owner = owner ?? "",
                Issuer = issuer,
                Subject = subject,
                Client = client,
                Missions = missions,
                ReviewBy = reviewBy,
                IsActive = isActive,
            });
    }

    private static string ReadName(DocumentNode.Map map, ImmutableArray<Problem>.Builder problems)
    {
        var name = ReadText(map, "agent", "Add `agent: NAME`.", problems);
        if (name is not null && !Name().IsMatch(name))
            problems.Add(new Problem(Place(map, "agent"), "`agent` must be a name of at most 48 of `a-z`, `0-9` and `-` that starts with a letter.", "Write for example `soc-responder`."));
        return name ?? "";
    }

    private static string? ReadIssuer(DocumentNode.Map map, ImmutableArray<Problem>.Builder problems)
    {
        var issuer = ReadText(map, "issuer", null, problems);
        if (issuer is not null && !(Uri.TryCreate(issuer, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"))
            problems.Add(new Problem(Place(map, "issuer"), "`issuer` must be a URL.", "Copy `issuer` from the identity provider's `.well-known/openid-configuration`, to the letter."));
        return issuer;
    }

    private static ImmutableArray<string> ReadMissions(DocumentNode.Map map, ImmutableArray<Problem>.Builder problems)
    {
        if (map["missions"] is not DocumentNode.List { Items: { IsEmpty: false } items })
        {
            problems.Add(new Problem(Place(map, "missions"), "`missions` must list the missions the agent may work under.", "Write `missions: [NAME]`; to grant none, set `active: false`."));
            return [];
        }

        var missions = ImmutableArray.CreateBuilder<string>(items.Length);
        foreach (var item in items)
        {
            if (item is not DocumentNode.Scalar { Kind: ScalarKind.String, Text: var mission } || !Name().IsMatch(mission))
                problems.Add(new Problem(item.Position, "A mission's name has at most 48 of `a-z`, `0-9` and `-`, and starts with a letter.", "Write the `mission:` of a file in `missions/`."));
            else if (missions.Contains(mission, StringComparer.Ordinal))
                problems.Add(new Problem(item.Position, $"The mission `{mission}` is listed twice.", "Remove one of them."));
            else
                missions.Add(mission);
        }

        return missions.ToImmutable();
    }

    private static DateOnly ReadReviewBy(DocumentNode.Map map, ImmutableArray<Problem>.Builder problems)
    {
        var day = default(DateOnly);
        var text = ReadText(map, "review-by", "Add `review-by: YYYY-MM-DD`, the last day on which the registration holds unreviewed.", problems);
        if (text is not null && !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day))
            problems.Add(new Problem(Place(map, "review-by"), "`review-by` must be a date.", "Write it as `YYYY-MM-DD`."));
        return day;
    }

    private static bool ReadActive(DocumentNode.Map map, ImmutableArray<Problem>.Builder problems)
    {
        if (map["active"] is not { } node)
            return true;
        if (node is DocumentNode.Scalar { Kind: ScalarKind.Boolean, Text: var text })
            return string.Equals(text, "true", StringComparison.OrdinalIgnoreCase);

        problems.Add(new Problem(node.Position, "`active` must be `true` or `false`.", "Write it without quotes."));
        return false;
    }

    /// <param name="remedyIfMissing">Null where the key may be left out.</param>
    private static string? ReadText(DocumentNode.Map map, string key, string? remedyIfMissing, ImmutableArray<Problem>.Builder problems)
    {
        switch (map[key])
        {
            case null:
                if (remedyIfMissing is not null)
                    problems.Add(new Problem(map.Position, $"`{key}` is missing.", remedyIfMissing));
                return null;
            case DocumentNode.Scalar { Kind: ScalarKind.String, Text: { Length: > 0 and <= TextLengthMax } text } when !string.IsNullOrWhiteSpace(text):
                return text;
            case DocumentNode.Scalar { Kind: ScalarKind.Integer or ScalarKind.Float or ScalarKind.Boolean } other:
                problems.Add(new Problem(other.Position, $"`{key}` must be text.", "Put it in quotes."));
                return null;
            case { } node:
                problems.Add(new Problem(node.Position, $"`{key}` must be text of 1 to {TextLengthMax} characters.", remedyIfMissing));
                return null;
        }
    }

    private static SourcePosition Place(DocumentNode.Map map, string key) => map[key]?.Position ?? map.Position;

    [GeneratedRegex("^[a-z][a-z0-9-]{0,47}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
