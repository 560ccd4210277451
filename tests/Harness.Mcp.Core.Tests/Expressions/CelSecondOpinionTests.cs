using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tests.Rules;
using Xunit;

namespace Harness.Mcp.Core.Tests.Expressions;

/// <summary>
/// Our CEL against one that others wrote. Where the two differ, the case is listed by name with the reason in `data/cel-second-opinion.txt`; the
/// list is exact.
/// </summary>
public sealed partial class CelSecondOpinionTests
{
    // What the other one implements besides the standard: the functions on strings.
    private static readonly string[] Files =
    [
        "basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "parse", "plumbing", "string", "string_ext", "timestamps",
    ];

    /// <summary>Where both may rightly say something else: questions that the specification leaves to implementations.</summary>
    private static readonly (Regex Pattern, string Reason)[] Known =
    [
        (AmongKeys(), "A list or a map can be no key, so we say that it is in no map; they refuse the question."),
        (FieldOfNoMap(), "A text or null has no fields, so `has` is an error with us; they say that the field is not there."),
        (FieldThatMayBeNull(), "A map has a key whose value is null, says the specification; their `has` says that it has not."),
    ];

    [Fact]
    public async Task ConformanceCases_GiveTheSame_ButForTheListedDifferences()
    {
        var cases = Files
            .SelectMany(file => JsonElement.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data", "cel", $"{file}.json"))).EnumerateArray())
            .Where(one => !one.GetProperty("needsProtobuf").GetBoolean() && !one.GetProperty("check_only").GetBoolean())
            .ToList();
        var asked = cases.Select(one =>
            $$"""{"expr":{{one.GetProperty("expr").GetRawText()}},"container":{{one.GetProperty("container").GetRawText()}},"variables":{{one.GetProperty("bindings").GetRawText()}}}""".ReplaceLineEndings(" ")).ToList();

        var answers = await CelSecondOpinion.AskAsync(asked, TestContext.Current.CancellationToken);

        var differing = cases.Zip(answers).Where(pair => !CelSecondOpinion.Agrees(CelConformanceTests.Evaluate(pair.First), pair.Second))
            .Select(pair => (Name: CelConformanceTests.NameOf(pair.First), Ours: CelConformanceTests.Evaluate(pair.First), Theirs: pair.Second.GetRawText()))
            .DistinctBy(pair => pair.Name).ToList();
        foreach (var (name, ours, theirs) in differing)
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {ours}, and they say {theirs}");
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"cel_second_opinion: {cases.Count - differing.Count}/{cases.Count}"));

        var listed = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "data", "cel-second-opinion.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith('#')).Select(line => line.Split(" — ")[0]);
        Assert.Equal(listed.Order(StringComparer.Ordinal), differing.Select(one => one.Name).Order(StringComparer.Ordinal));
        Assert.True(cases.Count > 700, $"only {cases.Count} cases");
    }

    [Fact]
    public async Task RuleExpressions_GiveTheSame_OnRandomChains()
    {
        // As the monitors are compared with our own plain evaluation, comparing that with others' closes the circle. One generator makes all
        // cases from one seed, so that what is asked never changes; `Sample` would take a seed for the first case alone.
        var samples = new List<(string Source, CelValue Ours, string Case)>();
        var cases = Gen.Select(ChainAgreementTests.Expression, ChainAgreementTests.OneStep.Array[2, 12]);
        var random = PCG.Parse("0000KbRwXh3B");
        while (samples.Count < 1_500)
        {
            var (source, steps) = cases.Generate(random, null, out _);
            var chain = steps.SkipLast(1).Select((step, index) => Link(step, index)).ToList();
            var call = ChainGiven.Call(steps[^1].Tool, steps[^1].Arguments, steps.Length * 30);
            samples.Add((
                source,
                ChainReference.Evaluate(ChainReference.Compile(source), call, chain),
                CelSecondOpinion.Case(source, ChainReference.ValuesOf(call, chain))));
        }

        var answers = await CelSecondOpinion.AskAsync([.. samples.Select(sample => sample.Case)], TestContext.Current.CancellationToken);

        var all = samples.Zip(answers).Where(pair => !CelSecondOpinion.Agrees(pair.First.Ours, pair.Second)).ToList();
        var differing = all.Where(pair => !Known.Any(known => known.Pattern.IsMatch(pair.First.Source))).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"cel_second_opinion_rules: {samples.Count - all.Count}/{samples.Count}, {all.Count - differing.Count} for a known reason"));
        Assert.True(
            differing.Count == 0,
            $"{differing.Count} differ:\n{string.Join("\n", differing.Take(10).Select(pair => $"{pair.First.Source}\n  {pair.First.Ours}, and they say {pair.Second.GetRawText()}\n  {pair.First.Case}"))}");
        Assert.True(samples.Count(sample => sample.Ours.IsTrue) > 100 && samples.Count(sample => sample.Ours.IsFalse) > 100 && samples.Count(sample => sample.Ours.IsError) > 100);
    }

    [GeneratedRegex(@" in ((call|l)\.args(?![.\w])|l\.result\.items)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AmongKeys();

    [GeneratedRegex(@"has\(l\.result\.", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FieldOfNoMap();

    [GeneratedRegex(@"has\((l|call)\.args\.", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FieldThatMayBeNull();

    private static ChainCall Link(ChainAgreementTests.Step step, int index) =>
        ChainGiven.Link(index + 1, step.Tool, step.Arguments, step.Result, index * 30, step.IsSecret ? ["secret"] : []);
}
