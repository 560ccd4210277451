using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Expressions.Functions;
using Harness.Mcp.Core.Tests.Standards;
using Xunit;

namespace Harness.Mcp.Core.Tests.Expressions;

/// <summary>
/// Runs the public conformance tests of CEL (data/cel) that need no protobuf. The cases that do not pass are listed by name with the reason in
/// `data/cel-exceptions.txt`; the list is exact, so a case that starts to fail, or to pass, shows.
/// </summary>
public sealed class CelConformanceTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "data", "cel");

    [Fact]
    public void Suite_Passes_ButForTheListedExceptions()
    {
        var suite = Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal)
            .SelectMany(file => JsonElement.Parse(File.ReadAllText(file)).EnumerateArray())
            .ToList();
        var cases = suite.Where(one => !one.GetProperty("needsProtobuf").GetBoolean()).ToList();
        var reasons = StandardsReport.Reasons("cel-exceptions.txt");

        var failures = cases.Select(one => (Name: NameOf(one), Why: Run(one))).Where(one => one.Why is not null).ToList();

        new StandardsReport("cel")
            .Count(cases.Count - failures.Count, cases.Count, failures.Select(failure => failure.Name), reasons)
            .LeftOut(suite.Count - cases.Count, "they need protobuf messages or enums, which missions do not have")
            .Write();
        foreach (var (name, why) in failures)
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {why}");
        Assert.Equal(reasons.Keys.Order(StringComparer.Ordinal), failures.Select(failure => failure.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal((2456, 1743), (suite.Count, cases.Count));
    }

    internal static string NameOf(JsonElement one) =>
        $"{one.GetProperty("file").GetString()}/{one.GetProperty("section").GetString()}/{one.GetProperty("name").GetString()}";

    /// <summary>What an expression gives; an error also where it does not compile.</summary>
    internal static CelValue Evaluate(JsonElement one)
    {
        var environment = EnvironmentOf(one);
        if (CelParser.Parse(one.GetProperty("expr").GetString()!) is not { Value: { } parsed } || CelProgram.Compile(parsed, environment) is not { Value: { } program })
            return CelValue.Error("it does not compile");
        return program.Evaluate(new Bindings(environment, one.GetProperty("bindings")));
    }

    /// <returns>Null for a pass, else what was different.</returns>
    private static string? Run(JsonElement one)
    {
        var expect = one.GetProperty("expect");
        var expectsError = expect.TryGetProperty("error", out _);
        var environment = EnvironmentOf(one);

        var parsed = CelParser.Parse(one.GetProperty("expr").GetString()!);
        if (!parsed.IsValid)
            return expectsError ? null : $"does not parse: {parsed.Problems[0].Message}";
        var compiled = CelProgram.Compile(parsed.Value, environment);
        if (!compiled.IsValid)
            return expectsError ? null : $"does not compile: {compiled.Problems[0].Message}";

        if (one.GetProperty("deduced_type") is { ValueKind: not JsonValueKind.Null } type && compiled.Value.Type.ToString() != TypeOf(type).ToString())
            return $"has type {compiled.Value.Type}, not {TypeOf(type)}";
        if (one.GetProperty("check_only").GetBoolean())
            return null;

        var value = compiled.Value.Evaluate(new Bindings(environment, one.GetProperty("bindings")));
        if (expectsError)
            return value.IsError ? null : $"gives {value}, not an error";
        if (!expect.TryGetProperty("value", out var expected))
            return null;
        return Matches(value, expected) ? null : $"gives {(value.IsError ? value.ErrorMessage : value.ToString())}, not {expected.GetRawText()}";
    }

    private static CelEnvironment EnvironmentOf(JsonElement one)
    {
        var declared = one.GetProperty("type_env").EnumerateArray().ToList();
        var variables = declared.Where(entry => entry.TryGetProperty("type", out _))
            .Select(entry => new CelVariable(entry.GetProperty("name").GetString()!, TypeOf(entry.GetProperty("type")))).ToList();
        foreach (var binding in one.GetProperty("bindings").EnumerateObject().Where(binding => variables.All(variable => variable.Name != binding.Name)))
            variables.Add(new CelVariable(binding.Name, CelType.Dyn));

        return new CelEnvironment([.. variables])
        {
            Container = one.GetProperty("container").GetString()!,
            IsChecked = !one.GetProperty("disable_check").GetBoolean(),
            Functions = [.. declared.Where(entry => !entry.TryGetProperty("type", out _)).SelectMany(FunctionsOf)],
        };
    }

    private static IEnumerable<CelFunction> FunctionsOf(JsonElement entry)
    {
        var overloads = entry.TryGetProperty("overloads", out var found) ? found : entry.GetProperty("function");
        foreach (var overload in overloads.EnumerateArray())
            yield return Define.Global(
                entry.GetProperty("name").GetString()!,
                [.. overload.GetProperty("params").EnumerateArray().Select(TypeOf)],
                TypeOf(overload.GetProperty("result")),
                _ => CelValue.Error("declared for its type alone"));
    }

    private static CelType TypeOf(JsonElement type)
    {
        if (type.ValueKind == JsonValueKind.String)
            return type.GetString() switch
            {
                "dyn" => CelType.Dyn,
                "timestamp" => CelType.Timestamp,
                "duration" => CelType.Duration,
                var name => new CelType.Simple(name!),
            };
        if (type.TryGetProperty("list", out var element))
            return CelType.ListOf(TypeOf(element));
        if (type.TryGetProperty("map", out var map))
            return CelType.MapOf(TypeOf(map[0]), TypeOf(map[1]));
        if (type.TryGetProperty("type", out var described))
            return CelType.TypeOf(TypeOf(described));
        if (type.TryGetProperty("param", out var parameter))
            return new CelType.Parameter(parameter.GetString()!);
        if (type.TryGetProperty("abstract", out var name2))
            return new CelType.Generic(name2.GetString()!, [.. type.GetProperty("params").EnumerateArray().Select(TypeOf)]);
        throw new InvalidOperationException($"No type for {type.GetRawText()}.");
    }

    private static bool Matches(CelValue value, JsonElement expected)
    {
        var tagged = expected.EnumerateObject().Single();
        switch (tagged.Name)
        {
            case "int":
                return value.Kind == CelKind.Int && value.AsInt == long.Parse(tagged.Value.GetString()!, CultureInfo.InvariantCulture);
            case "uint":
                return value.Kind == CelKind.Uint && value.AsUint == ulong.Parse(tagged.Value.GetString()!, CultureInfo.InvariantCulture);
            case "double":
                return value.Kind == CelKind.Double && value.AsDouble.Equals(double.Parse(tagged.Value.GetString()!, CultureInfo.InvariantCulture));
            case "list":
                return value.Kind == CelKind.List && value.AsList.Count == tagged.Value.GetArrayLength()
                    && tagged.Value.EnumerateArray().Select((item, index) => Matches(value.AsList[index], item)).All(matches => matches);
            case "map":
                return value.Kind == CelKind.Map && value.AsMap.Count == tagged.Value.GetArrayLength()
                    && tagged.Value.EnumerateArray().All(entry => value.AsMap.TryGet(ValueOf(entry[0]), out var found) && Matches(found, entry[1]));
            default:
                var wanted = ValueOf(expected);
                return wanted.Kind == value.Kind && wanted.Equals(value);
        }
    }

    private static CelValue ValueOf(JsonElement tagged)
    {
        var (tag, value) = (tagged.EnumerateObject().Single().Name, tagged.EnumerateObject().Single().Value);
        return tag switch
        {
            "null" => CelValue.Null,
            "bool" => CelValue.Of(value.GetBoolean()),
            "int" => CelValue.Of(long.Parse(value.GetString()!, CultureInfo.InvariantCulture)),
            "uint" => CelValue.Of(ulong.Parse(value.GetString()!, CultureInfo.InvariantCulture)),
            "double" => CelValue.Of(double.Parse(value.GetString()!, CultureInfo.InvariantCulture)),
            "string" => CelValue.Of(value.GetString()!),
            "bytes" => CelValue.Of(value.GetBytesFromBase64()),
            "type" => CelValue.OfType(value.GetString()!),
            "timestamp" => TimeText.ReadTimestamp(value.GetString()!),
            "duration" => TimeText.ReadDuration(value.GetString()!),
            "list" => CelValue.ListOf([.. value.EnumerateArray().Select(ValueOf)]),
            "map" => CelValue.Of(new DictionaryCelMap(value.EnumerateArray().ToDictionary(entry => ValueOf(entry[0]), entry => ValueOf(entry[1])))),
            _ => throw new InvalidOperationException($"No value for {tagged.GetRawText()}."),
        };
    }

    private sealed class Bindings(CelEnvironment environment, JsonElement bindings) : Activation
    {
        public override CelValue Variable(int index) => bindings.TryGetProperty(environment.Variables[index].Name, out var bound)
            ? ValueOf(bound)
            : CelValue.Error($"{environment.Variables[index].Name} has no value");
    }
}
