using System.Collections;
using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Hosting;

/// <summary>
/// Reads `harness.json` against the classes that its sections are bound to, before the configuration system does: that one stops at its
/// first mistake and knows no lines, while here every unknown key, wrong type and value out of bounds has its place.
/// </summary>
internal static class SettingsCheck
{
    /// <summary>Problems of a document whose top-level keys are the names of <paramref name="sections"/>.</summary>
    public static ImmutableArray<Problem> Check(DocumentNode document, IReadOnlyDictionary<string, Type> sections)
    {
        if (document is not DocumentNode.Map map)
            return [new Problem(document.Position, "The settings are one JSON object.", "Write `{ … }`.")];

        var problems = ImmutableArray.CreateBuilder<Problem>();
        foreach (var entry in map.Entries)
        {
            if (entry.Key == "$schema")
                continue;
            if (!sections.TryGetValue(entry.Key, out var type))
                problems.Add(new Problem(entry.KeyPosition, $"There is no section `{entry.Key}`.", Suggest.Remedy(entry.Key, sections.Keys)));
            else if (type != typeof(FreeSection))
                CheckSection(entry, type, problems);
        }

        return problems.ToImmutable();
    }

    private static void CheckSection(DocumentEntry section, Type type, ImmutableArray<Problem>.Builder problems)
    {
        if (section.Value is not DocumentNode.Map map)
        {
            problems.Add(new Problem(section.Value.Position, $"`{section.Key}` holds further settings.", $"Write `\"{section.Key}\": {{ … }}`."));
            return;
        }

        var options = Activator.CreateInstance(type)!;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .ToDictionary(property => property.Name, StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            var name = $"{section.Key}:{entry.Key}";
            if (!properties.TryGetValue(entry.Key, out var property))
                problems.Add(new Problem(entry.KeyPosition, $"There is no setting `{name}`.", Suggest.Remedy(entry.Key, properties.Keys)));
            else
                CheckValue(entry.Value, property, options, name, problems);
        }
    }

    private static void CheckValue(
        DocumentNode node, PropertyInfo property, object options, string name, ImmutableArray<Problem>.Builder problems)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type))
        {
            if (node is not DocumentNode.List list || !list.Items.All(item => item is DocumentNode.Scalar))
                problems.Add(new Problem(node.Position, $"`{name}` must be a list.", "Write `[ … ]`."));
            return;
        }

        if (node is not DocumentNode.Scalar scalar || !TryConvert(scalar, type, out var value))
        {
            problems.Add(new Problem(node.Position, $"`{name}` must be {Describe(type)}."));
            return;
        }

        var results = new List<ValidationResult>();
        if (!Validator.TryValidateProperty(value, new ValidationContext(options) { MemberName = property.Name, DisplayName = name }, results))
            problems.AddRange(results.Select(result => new Problem(node.Position, result.ErrorMessage ?? $"`{name}` is not valid.")));
        property.SetValue(options, value);
    }

    private static bool TryConvert(DocumentNode.Scalar scalar, Type type, out object? value)
    {
        value = null;
        if (type == typeof(string))
        {
            value = scalar.Text;
            return scalar.Kind == ScalarKind.String;
        }

        if ((type == typeof(bool)) != (scalar.Kind == ScalarKind.Boolean))
            return false;

        try
        {
            value = TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, scalar.Text);
            return !type.IsEnum || Enum.GetNames(type).Contains(scalar.Text, StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception mismatch) when (mismatch is FormatException or ArgumentException or OverflowException)
        {
            return false;
        }
    }

    private static string Describe(Type type) => type switch
    {
        _ when type == typeof(string) => "a text in quotes",
        _ when type == typeof(bool) => "`true` or `false`",
        _ when type == typeof(TimeSpan) => "a time as `\"hh:mm:ss\"`",
        { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(type).Select(one => $"`{one}`"))}",
        _ => "a number",
    };
}

/// <summary>Marks a section whose keys belong to the framework and are not checked here.</summary>
internal sealed class FreeSection;
