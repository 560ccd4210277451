using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Takes typed values out of one map, notes every mistake, and in the end refuses keys that nobody asked for.</summary>
internal sealed class MapReader(DocumentNode.Map map, string what, ICollection<Problem> problems)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public SourcePosition Position => map.Position;

    public DocumentNode? Take(string key)
    {
        _known.Add(key);
        return map[key];
    }

    /// <summary>Keys that are allowed and mean nothing here.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            _known.Add(key);
    }

    public string? Text(string key)
    {
        switch (Take(key))
        {
            case null:
                return null;
            case DocumentNode.Scalar { Kind: ScalarKind.String, Text: var text }:
                return text;
            case var other:
                problems.Add(new Problem(other.Position, $"`{key}` must be a string."));
                return null;
        }
    }

    public string? RequiredText(string key, string remedy)
    {
        if (map[key] is null)
        {
            _known.Add(key);
            problems.Add(new Problem(map.Position, $"{what} has no `{key}`.", remedy));
            return null;
        }

        var text = Text(key);
        if (text is { } written && string.IsNullOrWhiteSpace(written))
        {
            problems.Add(new Problem(map[key]!.Position, $"`{key}` is empty.", remedy));
            return null;
        }

        return text;
    }

    /// <summary>A text that may be left out, and says something where it is there.</summary>
    public string? RequiredWhereGiven(string key) => map[key] is null ? Text(key) : RequiredText(key, "Write it, or leave the key out.");

    public bool Flag(string key)
    {
        switch (Take(key))
        {
            case null:
                return false;
            case DocumentNode.Scalar { Kind: ScalarKind.Boolean, Text: var text }:
                return text == "true";
            case var other:
                problems.Add(new Problem(other.Position, $"`{key}` must be true or false."));
                return false;
        }
    }

    public int? Integer(string key, int least, int most)
    {
        var node = Take(key);
        if (node is null)
            return null;
        if (node is DocumentNode.Scalar { Kind: ScalarKind.Integer } scalar
            && int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
            return number;
        problems.Add(new Problem(node.Position, $"`{key}` must be a whole number from {least} to {most}."));
        return null;
    }

    /// <summary>A duration as missions write it: a whole number and `ms`, `s`, `m` or `h`.</summary>
    public TimeSpan? Duration(string key, TimeSpan least, TimeSpan most)
    {
        var text = Text(key);
        if (text is null)
            return null;
        var duration = ParseDuration(text);
        if (duration >= least && duration <= most)
            return duration;
        problems.Add(new Problem(map[key]!.Position, $"`{key}` must be a duration from {Write(least)} to {Write(most)}.", "For example `30s` or `5m`."));
        return null;
    }

    /// <summary>The choice that is written, or null; an unknown one is a problem.</summary>
    public T? Choice<T>(string key, params (string Name, T Value)[] choices)
        where T : struct
    {
        var text = Text(key);
        if (text is null)
            return null;
        foreach (var (name, value) in choices)
            if (string.Equals(name, text, StringComparison.Ordinal))
                return value;
        problems.Add(new Problem(
            map[key]!.Position, $"`{key}` cannot be `{text}`.", Suggest.Remedy(text, choices.Select(choice => choice.Name))));
        return null;
    }

    public ImmutableArray<DocumentNode.Scalar> Texts(string key)
    {
        var node = Take(key);
        if (node is null)
            return [];
        if (node is not DocumentNode.List list)
        {
            problems.Add(new Problem(node.Position, $"`{key}` must be a list of strings.", "Put it in brackets: [\"…\"]."));
            return [];
        }

        var texts = ImmutableArray.CreateBuilder<DocumentNode.Scalar>();
        foreach (var item in list.Items)
        {
            if (item is DocumentNode.Scalar { Kind: ScalarKind.String } text)
                texts.Add(text);
            else
                problems.Add(new Problem(item.Position, $"`{key}` must hold strings only."));
        }

        return texts.ToImmutable();
    }

    public DocumentNode.Map? Map(string key)
    {
        switch (Take(key))
        {
            case null:
                return null;
            case DocumentNode.Map found:
                return found;
            case var other:
                problems.Add(new Problem(other.Position, $"`{key}` must be an object.", "Put it in braces: {…}."));
                return null;
        }
    }

    public void RefuseUnknown()
    {
        foreach (var entry in map.Entries)
            if (!_known.Contains(entry.Key))
                problems.Add(new Problem(entry.KeyPosition, $"{what} has no key `{entry.Key}`.", Suggest.Remedy(entry.Key, _known)));
    }

    private static TimeSpan? ParseDuration(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is <= 0 or > 9)
            return null;
        var number = int.Parse(text.AsSpan(0, digits), CultureInfo.InvariantCulture);
        return text[digits..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => null,
        };
    }

    private static string Write(TimeSpan duration) => duration switch
    {
        { TotalHours: >= 1 } => $"{(int)duration.TotalHours}h",
        { TotalMinutes: >= 1 } => $"{(int)duration.TotalMinutes}m",
        { TotalSeconds: >= 1 } => $"{(int)duration.TotalSeconds}s",
        _ => $"{(int)duration.TotalMilliseconds}ms",
    };
}
