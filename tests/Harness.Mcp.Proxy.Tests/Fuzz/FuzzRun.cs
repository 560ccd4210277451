using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>
/// Puts messages to the gate, and what it accepts to other parsers: as the agent sent it, and as it leaves for a backend. Alike means that each
/// parser read the same members with the same texts, and numbers that it would write back as the numbers that were sent.
/// </summary>
/// <remarks>
/// What alike does not mean, and why that is harmless. `1`, `1.0` and `1e0` are one number to the engine and to JSON Schema, and two types to
/// Python, which compares them as equal. `-0` is `0` to all, though some keep its sign. The order of members means nothing in JSON;
/// JavaScript moves keys like `"1"` to the front. Two keys that differ in case are two keys to every parser here; a backend that binds them to
/// one parameter is held off by its own schema, where that says `additionalProperties: false`.
/// </remarks>
internal sealed class FuzzRun(ReaderProcess node, ReaderProcess python, Forwarding modern, Forwarding legacy)
{
    private static readonly string[] Readers = ["system_text_json", "csharp_sdk", "node", "typescript_sdk", "python", "headers", "wire"];

    private readonly Dictionary<string, int> _differences = Readers.ToDictionary(reader => reader, _ => 0, StringComparer.Ordinal);

    public long Messages { get; private set; }

    public long Accepted { get; private set; }

    public long Passed { get; private set; }

    public long Forwarded { get; private set; }

    /// <summary>Calls that an SDK would not take at all: nothing happens there, so nothing differs.</summary>
    public long SdkRefused { get; private set; }

    /// <summary>The first differences, each with the message for the corpus.</summary>
    public List<(string About, Sent Sent)> Found { get; } = [];

    public int DifferenceCount => _differences.Values.Sum();

    public IEnumerable<string> Report =>
    [
        Line("messages", Messages), Line("accepted", Accepted), Line("passed_gate", Passed), Line("forwarded", Forwarded), Line("sdk_refused", SdkRefused),
        .. _differences.Select(pair => Line($"differences_{pair.Key}", pair.Value)), Line("parser_differences", DifferenceCount),
    ];

    /// <returns>For each message, whether the gate let it pass.</returns>
    public async Task<IReadOnlyList<bool>> PlayAsync(IReadOnlyList<Sent> batch, CancellationToken cancellationToken)
    {
        var passed = new bool[batch.Count];
        var asked = new List<(Sent Origin, Question Question, string Expected, string? Call)>();
        for (var index = 0; index < batch.Count; index++)
        {
            var sent = batch[index];
            Messages++;
            var gate = await GateRun.OfAsync(sent);
            passed[index] = gate.HasPassed;
            if (gate.Message is not { } message) continue;

            Accepted++;
            var expected = Reading.Ours(message);
            Compare("system_text_json", expected, () => Reading.OfSystemTextJson(sent.Body), sent);
            CompareEnvelope(message, sent);
            asked.Add((sent, new Question(sent.Body, gate.HasPassed ? Headers(sent, gate.IsModern) : null, IsCall: false), expected, null));
            if (gate.HasPassed) Passed++;
            if (!gate.IsCall) continue;

            Forwarded++;
            asked.Add(await ForwardAsync(message, sent, toModern: true, cancellationToken));
            asked.Add(await ForwardAsync(message, sent, toModern: false, cancellationToken));
        }

        var questions = asked.ConvertAll(one => one.Question);
        var inNode = node.AskAsync(questions, cancellationToken);
        var inPython = python.AskAsync(questions, cancellationToken);
        CompareAll("node", asked, await inNode);
        CompareAll("python", asked, await inPython);
        return passed;
    }

    private async Task<(Sent, Question, string, string?)> ForwardAsync(AgentMessage message, Sent sent, bool toModern, CancellationToken cancellationToken)
    {
        var (left, expected) = await (toModern ? modern : legacy).ForwardAsync(message, cancellationToken);
        var call = Reading.OfCall(message.Param("name")!.Value.GetString()!, message.Param("arguments") is { } arguments ? Reading.Ours(arguments) : "{}");
        Compare("system_text_json", expected, () => Reading.OfSystemTextJson(left.Body), sent);
        Compare("csharp_sdk", call, () => Reading.OfSdk(left.Body), sent);

        // Over standard streams a message is a line, and in HTTP a header is one.
        Compare("wire", "", () => left.Body.AsSpan().ContainsAny((byte)'\n', (byte)'\r') ? "a line end in the body" : "", sent);
        Compare("wire", "", () => left.Headers.Any(header => header.Value.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0) ? "a header that is not visible ASCII" : "", sent);
        return (sent, new Question(left.Body, toModern ? Headers(left, isModern: true) : null, IsCall: true), expected, call);
    }

    private void CompareEnvelope(AgentMessage message, Sent sent)
    {
        var envelope = JsonElement.Parse(message.ToEnvelope());
        Compare("system_text_json", Reading.OfText(message.Method), () => Reading.Ours(envelope.GetProperty("method")), sent);
        if (message.Id is { } id) Compare("system_text_json", Reading.Ours(id), () => Reading.Ours(envelope.GetProperty("id")), sent);
    }

    private void CompareAll(string reader, List<(Sent Origin, Question Question, string Expected, string? Call)> asked, IReadOnlyList<ReaderAnswer> answers)
    {
        foreach (var ((origin, question, expected, call), answer) in asked.Zip(answers))
        {
            Compare(reader, expected, () => answer.Whole, origin);
            if (question.Headers is not null) Compare("headers", "", () => answer.Belied, origin);
            if (call is null || answer.Sdk == "-") continue;
            if (answer.Sdk.StartsWith('!')) SdkRefused++;
            else Compare("typescript_sdk", call, () => answer.Sdk, origin);
        }
    }

    private void Compare(string reader, string expected, Func<string> read, Sent sent)
    {
        string actual;
        try
        {
            actual = read();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException or ArgumentException or NullReferenceException)
        {
            actual = $"!{failure.GetType().Name}: {failure.Message}";
        }

        if (string.Equals(expected, actual, StringComparison.Ordinal)) return;
        _differences[reader]++;
        if (Found.Count < 100) Found.Add(($"Read differently by {reader}: expected {Cut(expected)}, read {Cut(actual)}", sent));
    }

    private static byte[] Headers(Sent sent, bool isModern) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        required = isModern,
        headers = sent.Headers.Select(header => (string[])[header.Key, header.Value]),
    });

    private static string Cut(string reading) => reading.Length > 1000 ? $"{reading[..1000]}…" : reading;

    private static string Line(string key, long value) => string.Create(CultureInfo.InvariantCulture, $"fuzz_{key}: {value}");
}
