using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.Asks;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Reads `asks`: what the owner says of what the backend asks agents for.</summary>
internal static class AsksForm
{
    public static AskTerms Read(DocumentNode.Map map, List<Problem> problems)
    {
        var reader = new MapReader(map, "`asks`", problems);
        var terms = new AskTerms
        {
            Labels = map["labels"] is null ? AskTerms.Default.Labels : ToolTermsForm.Labels(reader.Texts("labels"), "label", problems),
            Hosts = Hosts(reader, "hosts", problems),
            Listing = Listing(reader, problems),
        };
        reader.Ignore("labels");
        reader.RefuseUnknown();
        return terms;
    }

    /// <summary>A list of host names, each letter by letter as it will be compared.</summary>
    public static ImmutableArray<string> Hosts(MapReader reader, string key, List<Problem> problems)
    {
        var hosts = ImmutableArray.CreateBuilder<string>();
        foreach (var text in reader.Texts(key))
        {
            if (Uri.CheckHostName(text.Text) == UriHostNameType.Dns && text.Text.All(character => character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '-'))
                hosts.Add(text.Text);
            else
                problems.Add(new Problem(
                    text.Position, $"`{text.Text}` is no host name.", "Write the whole name in lower case, without scheme, port or wildcard: `login.corp.example`."));
        }

        return hosts.ToImmutable();
    }

    private static AgentInputs Listing(MapReader reader, List<Problem> problems)
    {
        var listing = AgentInputs.None;
        foreach (var text in reader.Texts("listing"))
        {
            var input = AgentInputNames.Parse(text.Text);
            if (input == AgentInputs.None)
                problems.Add(new Problem(
                    text.Position, $"`{text.Text}` is nothing that a backend can ask of an agent.", Suggest.Remedy(text.Text, AgentInputNames.All)));
            listing |= input;
        }

        return listing;
    }
}
