using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;

namespace Harness.Mcp.AgentDojo.Authoring;

/// <summary>
/// The fields that a suite's tools answer with, as their owner would know them: paths and kinds of the golden results, never their values. A
/// tool without a golden call has the fields of another tool that returns the same type, alone or in a list.
/// </summary>
internal sealed class ResultShapes
{
    private readonly SortedDictionary<string, SortedDictionary<string, bool>> _byTool = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<string, bool>> _byType = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _returns;

    public ResultShapes(SuiteFile suite)
    {
        _returns = suite.Tools.Where(tool => tool.Returns is not null).ToDictionary(tool => tool.Name, tool => tool.Returns!, StringComparer.Ordinal);
        foreach (var call in suite.UserTasks.SelectMany(task => task.Calls))
            if (call is { Error: null, ResultText: { } text } && ResultFacts.Of(RecordedResult.Of(text, isError: false), CallKind.Tool, ResultForm.Yaml).Fields is { } fields)
                Note(call.Function, fields);
    }

    /// <summary>Paths of the leaves of a tool's results, such as `[].sender`; the ones that hold numbers and truth values only are marked.</summary>
    public ImmutableArray<ResultField> Of(string tool)
    {
        if (_byTool.TryGetValue(tool, out var own))
            return Write(own, "");
        if (!_returns.TryGetValue(tool, out var type) || !_byType.TryGetValue(ItemType(type), out var shared))
            return [];
        return Write(shared, IsList(type) ? "[]" : "");
    }

    private void Note(string tool, JsonElement fields)
    {
        var own = _byTool.TryGetValue(tool, out var known) ? known : _byTool[tool] = new(StringComparer.Ordinal);
        Walk(fields, "", own);
        if (!_returns.TryGetValue(tool, out var type))
            return;

        var shared = _byType.TryGetValue(ItemType(type), out var seen) ? seen : _byType[ItemType(type)] = new(StringComparer.Ordinal);
        if (IsList(type) && fields.ValueKind == JsonValueKind.Array)
            foreach (var item in fields.EnumerateArray())
                Walk(item, "", shared);
        else if (!IsList(type))
            Walk(fields, "", shared);
    }

    private static void Walk(JsonElement value, string path, SortedDictionary<string, bool> into)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any(member => !IsWord(member.Name)):
                into[path] = false; // A table: the names of its members are values, such as addresses.
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                    Walk(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}", into);
                break;
            case JsonValueKind.Array when value.GetArrayLength() == 0:
                into.TryAdd(path + "[]", false); // What would stand in it is not known, so it may be text.
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    Walk(item, path + "[]", into);
                break;
            case JsonValueKind.Null:
                into.TryAdd(path, false);
                break;
            default:
                var isTextless = value.ValueKind != JsonValueKind.String;
                into[path] = isTextless && (!into.TryGetValue(path, out var before) || before);
                break;
        }
    }

    private static bool IsWord(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private static ImmutableArray<ResultField> Write(SortedDictionary<string, bool> fields, string prefix) =>
        [.. fields.Select(field => new ResultField(Join(prefix, field.Key), field.Value))];

    private static string Join(string prefix, string path) =>
        prefix.Length == 0 || path.Length == 0 || path.StartsWith('[') ? prefix + path : $"{prefix}.{path}";

    private static bool IsList(string type) => type.StartsWith("list[", StringComparison.Ordinal);

    private static string ItemType(string type) =>
        IsList(type) ? type[5..^1] : type.StartsWith("<class '", StringComparison.Ordinal) ? type[8..^2] : type;
}

/// <param name="IsTextless">Whether it held numbers and truth values only, which cannot carry a sentence.</param>
internal sealed record ResultField(string Path, bool IsTextless);
