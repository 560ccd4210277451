using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>Puts the tools of all backends into one catalog.</summary>
internal static class CatalogBuilder
{
    /// <param name="collided">Told of each tool that is left out, since another one would be shown by the same name.</param>
    public static ImmutableArray<CatalogTool> Build(IEnumerable<(BackendConfig Config, BackendTools Tools)> backends, Action<CatalogTool> collided)
    {
        var all = backends.SelectMany(backend => backend.Tools.All.Select(tool => ToCatalogTool(backend.Config, tool)));
        var tools = ImmutableArray.CreateBuilder<CatalogTool>();
        foreach (var group in all.GroupBy(tool => tool.ExposedName, StringComparer.Ordinal))
        {
            var same = group.ToArray();
            if (same.Length == 1)
                tools.Add(same[0]);
            else
                Array.ForEach(same, collided);
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
            text.Append(CultureInfo.InvariantCulture, $"{facts.Id}|{facts.Definition}|{tool.Standing}|{facts.Domain}|{facts.Effect}|");
            text.AppendJoin(',', facts.Targets.Select(path => path.Text)).Append('|');
            text.AppendJoin(',', facts.Content.Select(path => path.Text)).Append('|');
            text.AppendJoin(',', facts.Sinks).Append('|').AppendJoin(',', facts.Labels.Whole).Append('|');
            text.AppendJoin(',', facts.Labels.Fields.Select(field => $"{field.Path.Text}={string.Join('+', field.Labels)}")).Append('\n');
        }

        return text.ToString();
    }

    private static CatalogTool ToCatalogTool(BackendConfig config, JudgedTool tool) => new(
        ExposedNames.Of(new ToolId(config.Id, tool.Definition.Name)),
        config.FactsOf(tool.Definition.Name, tool.Definition.Digest),
        tool.Definition.Json,
        tool.Definition.Input,
        tool.Standing);
}
