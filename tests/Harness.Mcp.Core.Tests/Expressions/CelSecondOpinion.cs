using System.Globalization;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Expressions.Functions;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.Core.Tests.Expressions;

/// <summary>An implementation of CEL that is not ours (npm's `@bufbuild/cel`), asked in one Node.js process.</summary>
internal static class CelSecondOpinion
{
    /// <param name="cases">JSON objects with `expr`, `container` and `variables`.</param>
    /// <returns>An answer for each: `{ value }` or `{ error }`.</returns>
    public static async Task<JsonElement[]> AskAsync(IReadOnlyCollection<string> cases, CancellationToken cancellationToken)
    {
        await NpmParts.InstallAsync(cancellationToken);
        await using var node = ChildProcess.Start(NpmParts.Node, [NpmParts.Script("cel-second-opinion.mjs")], NpmParts.Folder);
        foreach (var one in cases)
            await node.Input.WriteAsync($"{one}\n".AsMemory(), cancellationToken);
        node.Input.Close();
        await node.WaitForExitAsync(cancellationToken);

        var answers = node.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToArray();
        return answers.Length == cases.Count
            ? answers
            : throw new InvalidOperationException($"{answers.Length} answers to {cases.Count} cases.\n{node.Errors}");
    }

    public static string Case(string expr, IReadOnlyDictionary<string, CelValue> variables)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteString("expr", expr);
            writer.WriteStartObject("variables");
            foreach (var (name, value) in variables)
            {
                writer.WritePropertyName(name);
                Write(value, writer);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>Whether both say the same: an error, or values of one kind that are equal.</summary>
    public static bool Agrees(CelValue ours, JsonElement theirs) => theirs.TryGetProperty("value", out var value) ? IsSame(ours, value) : ours.IsError;

    private static bool IsSame(CelValue ours, JsonElement theirs)
    {
        var (tag, value) = (theirs.EnumerateObject().Single().Name, theirs.EnumerateObject().Single().Value);
        return (ours.Kind, tag) switch
        {
            (CelKind.Null, "null") => true,
            (CelKind.Bool, "bool") => ours.AsBool == value.GetBoolean(),
            (CelKind.Int, "int") => ours.AsInt.ToString(CultureInfo.InvariantCulture) == value.GetString(),
            (CelKind.Uint, "uint") => ours.AsUint.ToString(CultureInfo.InvariantCulture) == value.GetString(),
            (CelKind.Double, "double") => ours.AsDouble.Equals(double.Parse(value.GetString()!, CultureInfo.InvariantCulture)),
            (CelKind.String, "string") => ours.AsString == value.GetString(),
            (CelKind.Bytes, "bytes") => ours.AsBytes.AsSpan().SequenceEqual(value.GetBytesFromBase64()),
            (CelKind.Type, "type") => ours.TypeName == value.GetString(),
            (CelKind.Timestamp, "nanoseconds") => ((Int128)ours.TimestampSeconds * 1_000_000_000 + ours.TimestampNanoseconds).ToString(CultureInfo.InvariantCulture) == value.GetString(),
            (CelKind.Duration, "nanoseconds") => ours.DurationNanoseconds.ToString(CultureInfo.InvariantCulture) == value.GetString(),
            (CelKind.List, "list") => ours.AsList.Count == value.GetArrayLength() && value.EnumerateArray().Select((item, index) => IsSame(ours.AsList[index], item)).All(isSame => isSame),
            (CelKind.Map, "map") => ours.AsMap.Count == value.GetArrayLength() && ours.AsMap.Keys.All(key =>
                ours.AsMap.TryGet(key, out var found) && value.EnumerateArray().Any(entry => IsSame(key, entry[0]) && IsSame(found, entry[1]))),
            _ => false,
        };
    }

    private static void Write(CelValue value, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        switch (value.Kind)
        {
            case CelKind.Null:
                writer.WriteNumber("null", 0);
                break;
            case CelKind.Bool:
                writer.WriteBoolean("bool", value.AsBool);
                break;
            case CelKind.Int:
                writer.WriteString("int", value.AsInt.ToString(CultureInfo.InvariantCulture));
                break;
            case CelKind.Uint:
                writer.WriteString("uint", value.AsUint.ToString(CultureInfo.InvariantCulture));
                break;
            case CelKind.Double:
                writer.WriteString("double", value.AsDouble.ToString("R", CultureInfo.InvariantCulture));
                break;
            case CelKind.String:
                writer.WriteString("string", value.AsString);
                break;
            case CelKind.Timestamp:
                writer.WriteString("timestamp", TimeText.Of(value));
                break;
            case CelKind.List:
                writer.WriteStartArray("list");
                foreach (var item in value.AsList.ToArray())
                    Write(item, writer);
                writer.WriteEndArray();
                break;
            case CelKind.Map:
                writer.WriteStartArray("map");
                foreach (var key in value.AsMap.Keys)
                {
                    writer.WriteStartArray();
                    Write(key, writer);
                    Write(value.AsMap.TryGet(key, out var found) ? found : CelValue.Null, writer);
                    writer.WriteEndArray();
                }

                writer.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"No tag for {value.Kind}.");
        }

        writer.WriteEndObject();
    }
}
