using System.Globalization;
using CsCheck;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Relay;

/// <summary>
/// What a backend lists is what agents of each era are listed: tools, resources, templates and prompts with members that nobody knows, but for the name
/// by which an agent knows them, and what the agent's era does not have.
/// </summary>
public sealed class DefinitionTests
{
    private const int EachUsual = 40;
    private const ulong Seed = 20251125;

    /// <summary>The message, its result, the list and the definition hold what nests deepest.</summary>
    private const int DepthMax = 64 - 4;

    private static readonly HostileJson Shown = new(HostileFor.Person);

    [Fact(Timeout = 300_000)]
    public async Task Definitions_AreListedWithoutLoss()
    {
        var token = TestContext.Current.CancellationToken;
        var random = new PCG(2, Seed);
        var lists = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["tools"] = Listed(random, Tool),
            ["resources"] = Listed(random, number => With($"\"uri\":\"note://{number}\"", "\"name\":\"n\"", Member("size", Shown.Value))),
            ["resourceTemplates"] = Listed(random, number => With($"\"uriTemplate\":\"note://{number}/{{id}}\"", "\"name\":\"n\"", Member("mimeType", Shown.Value))),
            ["prompts"] = Listed(random, number => With($"\"name\":\"prompt-{number}\"", "\"arguments\":[{\"name\":\"about\",\"x\":1.10,\"\":1e400}]", Member("description", Shown.Text))),
        };
        await using var home = await RelayHome.StartAsync(lists, token);

        var differences = new List<string>();
        foreach (var isModern in (bool[])[true, false])
        {
            using var agent = await RawAgent.OpenAsync(home.Endpoint, isModern, token);
            foreach (var (key, definitions) in lists)
            {
                var method = key switch { "resourceTemplates" => "resources/templates/list", _ => $"{key}/list" };
                var answer = ExactJson.Parse((await agent.RequestAsync(method, null, [], [], token))[^1]);
                var listed = ((ExactJson.Array)answer["result"]![key]!).Items.Select(item => item.ToString()).ToHashSet(StringComparer.Ordinal);
                differences.AddRange(
                    from backend in RelayHome.Backends
                    from definition in definitions
                    let expected = Exposed((ExactJson.Object)ExactJson.Parse(definition), key, backend, isModern).ToString()
                    where !listed.Contains(expected)
                    select $"{method} of {backend} to an agent of the {(isModern ? "new" : "old")} era lacks\n  {expected}");
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences.Take(5)));
    }

    private static string[] Listed(PCG random, Func<string, Gen<string>> definition) =>
        [.. Enumerable.Range(0, EachUsual).Select(number => definition(number.ToString(CultureInfo.InvariantCulture)).Generate(random, null, out _))];

    private static Gen<string> Tool(string number) => With(
        $"\"name\":\"tool-{number}\"",
        "\"icons\":[{\"src\":\"data:,\",\"x\":1.10}]",
        Gen.Select(
            Member("description", Shown.Text),
            Shown.Value.Select(value => $"\"inputSchema\":{{\"type\":\"object\",\"properties\":{{\"a\":{{\"type\":\"number\",\"maximum\":1e400,\"x-hostile\":1.10}}}},\"x-hostile\":{value}}}"),
            Gen.OneOf("", "\"outputSchema\":{\"type\":\"object\",\"x-hostile\":-0}", "\"outputSchema\":{\"type\":\"string\"}", "\"outputSchema\":true", "\"execution\":{\"taskSupport\":\"optional\"}"),
            Shown.Members.Select(members => $"\"annotations\":{{{string.Join(',', members)}}}"),
            Gen.Frequency((3, Shown.Value), (1, Shown.Deep(DepthMax))).Select(value => $"\"x-more\":{value}"),
            (description, input, output, annotations, more) => string.Join(',', ((string[])[description, input, output, annotations, more]).Where(member => member.Length > 0))));

    private static Gen<string> Member(string key, Gen<string> value) => value.Select(given => $"\"{key}\":{given}");

    /// <summary>A definition of members that are fixed and others, in any order.</summary>
    private static Gen<string> With(string identity, string second, Gen<string> own) =>
        Gen.Select(own, Shown.Members, (mine, meta) => new[] { identity, second, mine, $"\"_meta\":{{{string.Join(',', meta)}}}" })
            .SelectMany(members => Gen.Shuffle(members)).Select(members => $"{{{string.Join(',', members)}}}");

    private static ExactJson.Object Exposed(ExactJson.Object definition, string key, string backend, bool isModern)
    {
        ExactJson Named(string mark, ExactJson name) => new ExactJson.String($"{backend}{mark}{((ExactJson.String)name).Value}");
        return key switch
        {
            "tools" => definition.With("name", name => Named("_", name)).With("execution", _ => null)
                .With("outputSchema", schema => isModern || schema["type"] is ExactJson.String("object") ? schema : null),
            "prompts" => definition.With("name", name => Named("_", name)),
            "resources" => definition.With("uri", uri => Named("+", uri)),
            _ => definition.With("uriTemplate", template => Named("+", template)),
        };
    }
}
