using System.Net;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>Spellings that some parser takes for a key of the protocol, for every key that a served method reads.</summary>
public sealed class KeyVariantTests : IAsyncLifetime
{
    private WireHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    public static TheoryData<string, string> Requests => new()
    {
        { Methods.CallTool, """{"name":"siem_get_alert","arguments":{"id":1},"inputResponses":{"a":{}},"requestState":"s"}""" },
        { Methods.ListTools, """{"cursor":"c"}""" },
        { Methods.ListResources, """{"cursor":"c"}""" },
        { Methods.ListTemplates, """{"cursor":"c"}""" },
        { Methods.ListPrompts, """{"cursor":"c"}""" },
        { Methods.ReadResource, """{"uri":"mail+x://1"}""" },
        { Methods.GetPrompt, """{"name":"siem_brief","arguments":{"id":"1"}}""" },
        { Methods.Complete, """{"ref":{"type":"ref/prompt","name":"siem_brief"},"argument":{"name":"id","value":"1"},"context":{}}""" },
        { Methods.Discover, "{}" },
        { Methods.Listen, """{"notifications":{"toolsListChanged":true}}""" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Variant_OfAKey_IsRefused_InEveryMethod(string method, string parameters)
    {
        var whole = JsonNode.Parse(WireHost.Modern(method, parameters).Body)!.AsObject();
        var refused = 0;
        foreach (var (place, key) in Keys(whole))
        {
            foreach (var variant in Variants(key))
            {
                var request = WireHost.Modern(method, parameters);
                request.Body = Renamed(whole, place, key, variant);
                var answer = await request.SendAsync(_host);

                Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{method}: `{variant}` for `{key}` was answered with {answer.Status}.");
                refused++;
            }
        }

        Assert.Empty(_host.Enforcement.Calls);
        Assert.True(refused >= 20, $"Only {refused} spellings were tried.");
    }

    /// <summary>The keys that stand in the envelope, in `params` and in `_meta`.</summary>
    private static IEnumerable<(string Place, string Key)> Keys(JsonObject whole) =>
        from place in (string[])["", "params", "params/_meta"]
        from member in At(whole, place)
        select (place, member.Key);

    /// <summary>Other case, and letters beyond ASCII that fold to the key's own: long s, Kelvin's K, dotless i, and full width.</summary>
    private static IEnumerable<string> Variants(string key)
    {
        string[] spellings =
        [
            key.ToUpperInvariant(),
            char.IsLower(key[0]) ? char.ToUpperInvariant(key[0]) + key[1..] : key.ToLowerInvariant(),
            key.Replace('s', '\u017f'),
            key.Replace('k', '\u212a'),
            key.Replace('i', '\u0131'),
            key.Replace('a', '\uff41'),
        ];
        return spellings.Distinct(StringComparer.Ordinal).Where(spelling => spelling != key);
    }

    private static string Renamed(JsonObject whole, string place, string key, string variant)
    {
        var copy = whole.DeepClone().AsObject();
        var of = At(copy, place);
        var value = of[key];
        of.Remove(key);
        of[variant] = value;
        return copy.ToJsonString();
    }

    private static JsonObject At(JsonObject whole, string place) => place switch
    {
        "" => whole,
        "params" => whole["params"]!.AsObject(),
        _ => whole["params"]!["_meta"]!.AsObject(),
    };
}
