using System.Globalization;
using CsCheck;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Relay;

/// <summary>
/// What an agent says reaches the backend, and what the backend says reaches the agent, through the whole program, in each mix of eras: members that
/// nobody knows, in their order, numbers digit by digit, and text character by character. What is rewritten on purpose stands here, and in the
/// documentation of backends. The cases come from one generator with a fixed seed; `RELAY_CASES` plays more of them.
/// </summary>
public sealed class RelayTests(ITestOutputHelper output)
{
    private const int CasesUsual = 60;
    private const ulong Seed = 20260728;

    private static readonly string[] OfOneHop = ["progressToken", "traceparent", "tracestate", "baggage"];

    private static readonly Dictionary<string, string[]> Lists = new(StringComparer.Ordinal)
    {
        ["tools"] = [$$$"""{"name":"{{{RelayCase.Tool}}}","inputSchema":{"type":"object"}}"""],
        ["prompts"] = [$$$"""{"name":"{{{RelayCase.Prompt}}}","arguments":[{"name":"about"}]}"""],
    };

    [Fact(Timeout = 600_000)]
    public async Task Requests_AreRelayedWithoutLoss()
    {
        var token = TestContext.Current.CancellationToken;
        await using var home = await RelayHome.StartAsync(Lists, token);
        using var modern = await RawAgent.OpenAsync(home.Endpoint, isModern: true, token);
        using var older = await RawAgent.OpenAsync(home.Endpoint, isModern: false, token);
        var differences = new List<string>();
        var tried = 0;
        foreach (var (number, one) in Cases().Index())
        {
            foreach (var backend in RelayHome.Backends)
            {
                foreach (var agent in (RawAgent[])[modern, older])
                {
                    tried++;
                    if (await TryAsync(home, agent, backend, one, token) is { } difference)
                        differences.Add($"case {number}, agent {(agent.IsModern ? "new" : "old")}, backend {backend}: {difference}\n  {one}");
                }
            }
        }

        output.WriteLine($"relay_requests: {tried}");
        output.WriteLine($"relay_differences: {differences.Count}");
        Assert.True(differences.Count == 0, string.Join("\n\n", differences.Take(5)));
        Assert.Contains("whole", await home.VerifyAsync(token), StringComparison.Ordinal);
    }

    /// <summary>Mostly calls of tools, and each other kind of request now and then.</summary>
    private static IEnumerable<RelayCase> Cases()
    {
        var asked = Environment.GetEnvironmentVariable("RELAY_CASES");
        var count = asked is null ? CasesUsual : int.Parse(asked, NumberStyles.None, CultureInfo.InvariantCulture);
        var random = new PCG(1, Seed);
        for (var number = 0; number < count; number++)
            yield return RelayCase.Of((number % 6) switch { 3 => RelayKind.Resource, 4 => RelayKind.Prompt, 5 => RelayKind.Completion, _ => RelayKind.Tool }).Generate(random, null, out _);
    }

    /// <returns>What differs; null for nothing.</returns>
    private static async Task<string?> TryAsync(RelayHome home, RawAgent agent, string backend, RelayCase one, CancellationToken cancellationToken)
    {
        ExactJson? arrived = null;
        home.Answer(backend, request =>
        {
            arrived = ExactJson.Parse(request);
            return Messages(one, backend, arrived["id"]!, arrived["params"]!["_meta"]?["progressToken"]);
        });
        IReadOnlyList<string> got;
        try
        {
            var name = one.Kind == RelayKind.Completion ? null : one.Name(backend);
            got = await agent.RequestAsync(one.Method, name, [.. one.Parameters(backend), .. one.More], [.. one.Meta, "\"progressToken\":\"p\""], cancellationToken);
        }
        catch (HttpRequestException broken)
        {
            return $"no answer: {broken.Message}";
        }

        if (arrived?["params"] is not { } parameters)
            return $"nothing arrived: {got[^1]}";
        return Difference("_meta", Whole(one.Meta), Map(parameters["_meta"])?.Without(IsOfHop))
            ?? Difference("params", Whole([.. one.Parameters(backend: null), .. one.More]), Map(parameters)?.Without(key => key == "_meta"))
            ?? Notices(one, got)
            ?? (one.IsError ? ErrorDifference(one, backend, ExactJson.Parse(got[^1])) : ResultDifference(one, backend, agent.IsModern, ExactJson.Parse(got[^1])));
    }

    private static string[] Messages(RelayCase one, string backend, ExactJson id, ExactJson? progress)
    {
        var notices = one.Notices.Select((members, index) => index % 2 == 0
            ? Message("\"method\":\"notifications/progress\"", $"\"params\":{Whole([$"\"progressToken\":{progress}", $"\"progress\":{index}.10", .. members])}")
            : Message("\"method\":\"notifications/message\"", $"\"params\":{Whole(["\"level\":\"info\"", .. members])}"));
        string[] hop = backend == "new" ? ["\"resultType\":\"complete\"", "\"ttlMs\":0", "\"cacheScope\":\"private\""] : [];
        var answer = one.IsError ? $"\"error\":{Whole(one.Answer)}" : $"\"result\":{Whole([.. one.Answer, .. hop])}";
        return [.. notices, Message($"\"id\":{id}", answer)];
    }

    private static string Message(string one, string other) => $"{{\"jsonrpc\":\"2.0\",{one},{other}}}";

    private static string Whole(IEnumerable<string> members) => $"{{{string.Join(',', members)}}}";

    private static string? Notices(RelayCase one, IReadOnlyList<string> got)
    {
        if (got.Count != one.Notices.Length + 1)
            return $"{got.Count - 1} notices of {one.Notices.Length}, the last message being {got[^1]}";
        return one.Notices.Select((members, index) =>
        {
            string[] own = index % 2 == 0 ? ["\"progressToken\":\"p\"", $"\"progress\":{index}.10"] : ["\"level\":\"info\""];
            return Difference("notice", Whole([.. own, .. members]), ExactJson.Parse(got[index])["params"]);
        }).FirstOrDefault(difference => difference is not null);
    }

    private static string? ErrorDifference(RelayCase one, string backend, ExactJson answer)
    {
        // Codes by which a hop speaks of itself would say of ours what is true of the backend's. A resource has the URI that the agent knows.
        var expected = Map(ExactJson.Parse(Whole(one.Answer)))!
            .With("code", code => code is ExactJson.Literal("-32601" or "-32050") ? new ExactJson.Literal("-32603") : code)
            .With("data", data => one.Kind == RelayKind.Resource && data is ExactJson.Object of ? of.With("uri", _ => new ExactJson.String(one.Name(backend))) : data);
        return Difference("error", expected.ToString(), answer["error"]);
    }

    private static string? ResultDifference(RelayCase one, string backend, bool isModern, ExactJson answer)
    {
        var expected = Map(ExactJson.Parse(Whole(one.Answer)))!
            .With("_meta", WithoutHop)
            .With("content", content => Each(content, item => Exposed(item, backend)))
            .With("contents", contents => Each(contents, item => Map(item)!.With("uri", uri => Exposed(uri, backend))))
            .With("messages", messages => Each(messages, item => Map(item)!.With("content", content => content is ExactJson.Array ? Each(content, part => Exposed(part, backend)) : Exposed(content, backend))))
            .With("structuredContent", structured => isModern || structured is ExactJson.Object ? structured : null);
        if (answer["result"] is not ExactJson.Object result)
            return $"no result: {answer}";
        if (isModern != result["resultType"] is ExactJson.String("complete") || (isModern && one.Kind == RelayKind.Resource) != result["ttlMs"] is ExactJson.Literal("0"))
            return $"fields of another era: {answer}";

        // Who answers is the proxy, and how long its answer may be kept is its word.
        return Difference("result", expected.ToString(), result.Without(key => key is "resultType" or "ttlMs" or "cacheScope").With("_meta", WithoutHop));
    }

    private static ExactJson.Array Each(ExactJson list, Func<ExactJson, ExactJson> change) => new([.. ((ExactJson.Array)list).Items.Select(change)]);

    private static ExactJson Exposed(ExactJson content, string backend) => content switch
    {
        ExactJson.String(var uri) => new ExactJson.String($"{backend}+{uri}"),
        _ when content["type"] is ExactJson.String("resource_link") => Map(content)!.With("uri", uri => Exposed(uri, backend)),
        _ when content["type"] is ExactJson.String("resource") => Map(content)!.With("resource", resource => Map(resource)!.With("uri", uri => Exposed(uri, backend))),
        _ => content,
    };

    private static ExactJson.Object? WithoutHop(ExactJson meta) => Map(meta)!.Without(IsOfHop) is { Members.Count: > 0 } kept ? kept : null;

    private static bool IsOfHop(string key) => OfOneHop.Contains(key, StringComparer.Ordinal) || key.StartsWith("io.modelcontextprotocol/", StringComparison.Ordinal);

    private static ExactJson.Object? Map(ExactJson? value) => value as ExactJson.Object;

    /// <summary>Half of a surrogate pair is no character, and arrives as U+FFFD.</summary>
    private static string? Difference(string what, string expected, ExactJson? actual)
    {
        var (wanted, got) = (ExactJson.Parse(expected).WithWholeCharacters().ToString(), actual?.ToString() ?? "nothing");
        return wanted == got ? null : $"{what}\n  expected {wanted}\n  arrived  {got}";
    }
}
