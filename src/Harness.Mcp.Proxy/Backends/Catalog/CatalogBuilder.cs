using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>Puts the tools of all backends into one catalog.</summary>
internal static class CatalogBuilder
{
    /// <summary>
    /// Of tools that would be shown by one name, none is: were one of them chosen, another backend could take over a name that agents
    /// already use. Tools that nobody approved claim no name, so a backend cannot push out others by what it lists.
    /// </summary>
    /// <param name="collided">Told of each tool that is left out, since another one would be shown by the same name.</param>
    public static ImmutableArray<CatalogTool> Build(IEnumerable<(BackendConfig Config, BackendTools Tools)> backends, Action<CatalogTool> collided)
    {
        var all = backends.SelectMany(backend => backend.Tools.All.Select(tool => ToCatalogTool(backend.Config, tool)));
        var tools = ImmutableArray.CreateBuilder<CatalogTool>();
        foreach (var group in all.GroupBy(tool => tool.ExposedName, StringComparer.Ordinal))
        {
            var same = group.ToArray();
            var claimants = same.Where(tool => tool.Standing != ToolStanding.Unapproved).ToArray();
            var shown = claimants.Length switch
            {
                1 => claimants[0],
                0 when same.Length == 1 => same[0],
                _ => null,
            };
            if (shown is not null)
                tools.Add(shown);
            Array.ForEach([.. same.Where(tool => tool != shown)], collided);
        }

        tools.Sort((left, right) => string.CompareOrdinal(left.ExposedName, right.ExposedName));
        return tools.ToImmutable();
    }

    /// <summary>A text that differs whenever two catalogs mean something different.</summary>
    public static string Signature(ImmutableArray<CatalogTool> tools)
    {
        var text = new StringBuilder();
        foreach (var tool in tools)
        {
            var facts = tool.Facts;
            text.Append(CultureInfo.InvariantCulture, $"{facts.Id}|{tool.ExposedName}|{facts.Definition}|{tool.Standing}|{tool.Results}|{tool.Numbers}|{facts.Domain}|{facts.Effect}|");
            text.AppendJoin(',', facts.Targets.Select(path => path.Text)).Append('|');
            text.AppendJoin(',', facts.Content.Select(path => path.Text)).Append('|');
            text.AppendJoin(',', facts.Sinks).Append('|').AppendJoin(',', facts.Labels.Whole).Append('|');
            text.AppendJoin(',', facts.Labels.Fields.Select(field => $"{field.Path.Text}={string.Join('+', field.Labels)}")).Append('\n');
        }

        return text.ToString();
    }

    private static CatalogTool ToCatalogTool(BackendConfig config, JudgedTool tool) => new(
        ExposedNames.Of(new ToolId(config.Id, tool.Definition.Name), config.Expose),
        config.FactsOf(tool.Definition.Name, tool.Definition.Digest),
        tool.Definition.Json,
        tool.Definition.Input,
        tool.Standing)
    {
        Results = config.TermsOf(tool.Definition.Name)?.Results ?? ResultForm.Json,
        Numbers = config.TermsOf(tool.Definition.Name)?.Numbers ?? NumberForm.Double,
    };
}
