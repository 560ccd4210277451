using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>How a scripted backend is to behave, beside what its tools do when they are called.</summary>
public sealed record Script
{
    /// <summary>Answers `server/discover` and messages without a handshake.</summary>
    public bool IsModern { get; init; }

    /// <summary>Answers `initialize`.</summary>
    public bool IsLegacy { get; init; } = true;

    /// <summary>The legacy revision that is answered; null for the one that was asked for.</summary>
    public string? LegacyVersion { get; init; }

    public bool IgnoresDiscover { get; init; }

    public bool DiesOnDiscover { get; init; }

    public bool DiesAtStart { get; init; }

    public bool NeverAnswers { get; init; }

    public bool TellsChanges { get; init; } = true;

    /// <summary>Tools on one page; 0 for all on one.</summary>
    public int PageSize { get; init; }

    public bool CursorsLoop { get; init; }

    /// <summary>Stands in the description of `echo`: another text is another definition.</summary>
    public string Description { get; init; } = "Says what it was told.";

    public IReadOnlyList<string> ExtraTools { get; init; } = [];

    /// <summary>Has resources, resource templates, prompts and completions too: see <see cref="ScriptedReads"/>.</summary>
    public bool HasReads { get; init; }

    /// <summary>Offers to answer calls later: see <see cref="ScriptedTasks"/>.</summary>
    public bool HasTasks { get; init; }

    /// <summary>What it says to models about itself; null for nothing.</summary>
    public string? Instructions { get; init; }

    /// <summary>Every message that arrives is appended here, one a line; null for nowhere.</summary>
    public string? RecordFile { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this);

    public static Script FromJson(string json) => JsonSerializer.Deserialize<Script>(json) ?? new Script();
}

/// <summary>
/// A backend that does what its tools' names say, good or bad. It reads one JSON-RPC message at a time, and writes through what its host gives it.
/// </summary>
/// <param name="send">Writes one message, or raw text that is none; a text that begins with U+0001 is a piece of a longer one and gets no end.</param>
/// <param name="die">Ends the backend at once.</param>
/// <param name="reads">Its resources, where another object for the same backend shares them.</param>
/// <param name="tasks">Its tasks, likewise.</param>
public sealed class ScriptedBackend(Script script, Func<string, Task> send, Action die, ScriptedReads? reads = null, ScriptedTasks? tasks = null)
{
    private readonly Lock _recording = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonObject>> _questions = new(StringComparer.Ordinal);
    private readonly ScriptedReads _reads = reads ?? new();
    private readonly ScriptedTasks _tasks = tasks ?? new();
    private string _description = script.Description;

    public Script Script => script;

    public async Task ReceiveAsync(string line, CancellationToken cancellationToken)
    {
        Record(line);
        if (JsonNode.Parse(line) is not JsonObject message)
            return;
        if (message["method"]?.GetValue<string>() == "notifications/cancelled")
            _reads.Unlisten(message["params"]!["requestId"]!);
        if (message["method"] is null && message["id"] is JsonValue answered && answered.TryGetValue<string>(out var question) && _questions.TryRemove(question, out var waiting))
            waiting.SetResult(message);
        if (message["method"]?.GetValue<string>() is not { } method || message["id"] is not { } id || script.NeverAnswers)
            return; // Notices, and answers to what this backend asked: they stand in the record.
        switch (method)
        {
            case "server/discover":
                await DiscoverAsync(id);
                break;
            case "initialize" when script.IsLegacy:
                await AnswerAsync(id, new JsonObject
                {
                    ["protocolVersion"] = script.LegacyVersion ?? message["params"]!["protocolVersion"]!.GetValue<string>(),
                    ["capabilities"] = Capabilities(),
                    ["serverInfo"] = new JsonObject { ["name"] = "scripted", ["version"] = "1" },
                    ["instructions"] = script.Instructions,
                });
                break;
            case "tools/list":
                await ListAsync(id, message["params"]?["cursor"]?.GetValue<string>());
                break;
            case "subscriptions/listen":
                var wanted = message["params"]!["notifications"]!.AsObject();
                _reads.Listen(id, wanted["resourceSubscriptions"]?.AsArray().Select(uri => uri!.GetValue<string>()) ?? [], send);
                await NoticeAsync("notifications/subscriptions/acknowledged", new JsonObject
                {
                    ["notifications"] = wanted.DeepClone(),
                    ["_meta"] = new JsonObject { ["io.modelcontextprotocol/subscriptionId"] = id.DeepClone() },
                });
                break;
            case "logging/setLevel" when !script.IsModern:
                await AnswerAsync(id, new JsonObject());
                break;
            case "tools/call":
                await CallAsync(id, message["params"]!.AsObject(), cancellationToken);
                break;
            default:
                await ReadAsync(id, method, message["params"] as JsonObject ?? []);
                break;
        }
    }

    private async Task ReadAsync(JsonNode id, string method, JsonObject parameters)
    {
        if (script.HasTasks && method.StartsWith("tasks/", StringComparison.Ordinal))
            await (_tasks.Answer(method, parameters) is { } task ? AnswerAsync(id, task) : ErrorAsync(id, -32602, "No such task"));
        else if (!script.HasReads)
            await ErrorAsync(id, -32601, "Method not found");
        else if (_reads.Answer(method, parameters) is { } result)
            await AnswerAsync(id, result);
        else if (method == "resources/read")
            await ErrorAsync(id, script.IsModern ? -32602 : -32002, "Resource not found", new JsonObject { ["uri"] = parameters["uri"]?.DeepClone() });
        else
            await ErrorAsync(id, -32601, "Method not found");
    }

    // Shared with a test that reads meanwhile; one line at a time, since tools run side by side.
    private void Record(string line)
    {
        if (script.RecordFile is not { } path)
            return;
        lock (_recording)
        {
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        }
    }

    private async Task DiscoverAsync(JsonNode id)
    {
        if (script.DiesOnDiscover)
            die();
        else if (script.IgnoresDiscover)
            return;
        else if (script.IsModern)
            await AnswerAsync(id, new JsonObject { ["supportedVersions"] = new JsonArray("2026-07-28"), ["capabilities"] = Capabilities(), ["instructions"] = script.Instructions });
        else
            await ErrorAsync(id, -32601, "Method not found");
    }

    private JsonObject Capabilities()
    {
        var capabilities = new JsonObject { ["tools"] = new JsonObject { ["listChanged"] = script.TellsChanges }, ["logging"] = new JsonObject() };
        if (script.HasTasks)
            capabilities["extensions"] = ScriptedTasks.Capability;
        if (!script.HasReads)
            return capabilities;
        capabilities["resources"] = new JsonObject { ["listChanged"] = script.TellsChanges, ["subscribe"] = true };
        capabilities["prompts"] = new JsonObject { ["listChanged"] = script.TellsChanges };
        capabilities["completions"] = new JsonObject();
        return capabilities;
    }

    private async Task ListAsync(JsonNode id, string? cursor)
    {
        string[] names = ["echo", "progress", "endless", "silent", "die", "junk", "huge", "liar", "env", "spawn", "ask", "input", "shapeless", "change", "storm", "flood", "fail", "log", .. script.HasReads ? (string[])["link", "put", "big"] : [], .. script.HasTasks ? (string[])["later", "finish"] : [], .. script.ExtraTools];
        var start = cursor is null ? 0 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture);
        var size = script.PageSize == 0 ? names.Length : script.PageSize;
        var tools = names.Skip(start).Take(size).Select(JsonNode? (name) => new JsonObject
        {
            ["name"] = name,
            ["description"] = name == "echo" ? _description : $"Does {name}.",
            ["inputSchema"] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { ["region"] = new JsonObject { ["type"] = "string", ["x-mcp-header"] = "Region" } },
            },
        });
        var page = new JsonObject { ["tools"] = new JsonArray([.. tools]) };
        if (script.CursorsLoop)
            page["nextCursor"] = "0";
        else if (start + size < names.Length)
            page["nextCursor"] = (start + size).ToString(System.Globalization.CultureInfo.InvariantCulture);
        await AnswerAsync(id, page);
    }

    private async Task CallAsync(JsonNode id, JsonObject parameters, CancellationToken cancellationToken)
    {
        var arguments = parameters["arguments"]?.AsObject() ?? [];
        var token = parameters["_meta"]?["progressToken"];
        switch (parameters["name"]!.GetValue<string>())
        {
            case "echo":
                await ResultAsync(id, new JsonObject { ["arguments"] = arguments.DeepClone(), ["meta"] = parameters["_meta"]?.DeepClone() });
                break;
            case "progress":
                for (var step = 1; step <= arguments["count"]!.GetValue<int>(); step++)
                    await ProgressAsync(token, step);
                await ResultAsync(id, []);
                break;
            case "endless":
                for (var step = 1; !cancellationToken.IsCancellationRequested; step++)
                {
                    await ProgressAsync(token, step);
                    await Task.Delay(20, cancellationToken);
                }

                break;
            case "silent":
                break;
            case "die":
                die();
                break;
            case "junk":
                foreach (var junk in (string[])["not json", "{}", "[]", "{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":{}}", "{\"jsonrpc\":\"2.0\",\"ID\":1,\"result\":{}}"])
                    await send(junk);
                await ResultAsync(id, []);
                break;
            case "huge":
                await HugeAsync(arguments["bytes"]!.GetValue<long>());
                break;
            case "liar":
                await AnswerAsync(JsonValue.Create(424242), new JsonObject { ["content"] = new JsonArray() });
                break;
            case "env":
                var variables = new JsonObject { ["pid"] = Environment.ProcessId };
                foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
                    variables[(string)variable.Key] = (string?)variable.Value;
                await ResultAsync(id, variables);
                break;
            case "spawn":
                using (var child = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", "setsid sleep 600 & sleep 600"])))
                    await ResultAsync(id, new JsonObject { ["pid"] = Environment.ProcessId, ["child"] = child?.Id });
                break;
            case "ask":
                await AskAsync(id);
                break;
            case "question":
                await ResultAsync(id, await QuestionAsync(arguments["method"]!.GetValue<string>()));
                break;
            case "input":
                await AnswerAsync(id, new JsonObject { ["resultType"] = "input_required", ["requestState"] = "x" });
                break;
            case "shapeless":
                await AnswerAsync(id, JsonValue.Create("a text"));
                break;
            case "change":
                _description = arguments["to"]!.GetValue<string>();
                await NoticeAsync("notifications/tools/list_changed", null);
                await ResultAsync(id, []);
                break;
            case "storm":
                for (var signal = 0; signal < arguments["count"]!.GetValue<int>(); signal++)
                    await NoticeAsync($"notifications/{arguments["of"]?.GetValue<string>() ?? "tools"}/list_changed", null);
                await ResultAsync(id, []);
                break;
            case "link":
                await AnswerAsync(id, ScriptedReads.Linked(arguments["uri"]!.GetValue<string>()));
                break;
            case "later":
                if (ScriptedTasks.IsDeclared(parameters) || arguments.ContainsKey("anyway"))
                    await AnswerAsync(id, _tasks.Begin());
                else
                    await ResultAsync(id, new JsonObject { ["answered"] = "at once" });
                break;
            case "finish":
                _tasks.Finish(string.Concat(Enumerable.Repeat(arguments["text"]!.GetValue<string>(), arguments["times"]?.GetValue<int>() ?? 1)));
                await ResultAsync(id, []);
                break;
            case "big":
                await BigAsync(id, arguments["bytes"]!.GetValue<long>());
                break;
            case "put":
                var uri = arguments["uri"]!.GetValue<string>();
                if (_reads.Put(uri, arguments["text"]?.GetValue<string>()) && script.TellsChanges)
                    await NoticeAsync("notifications/resources/list_changed", null);
                for (var time = 0; time < (arguments["times"]?.GetValue<int>() ?? 1); time++)
                    await _reads.TellAsync(uri, send);
                await ResultAsync(id, []);
                break;
            case "flood":
                var noise = new string('x', 1024);
                for (var line = 0; line < 20 * 1024; line++)
                    await Console.Error.WriteLineAsync(noise);
                await ResultAsync(id, []);
                break;
            case "fail":
                await ErrorAsync(id, -32050, "It does not work.");
                break;
            case "log":
                await NoticeAsync("notifications/message", new JsonObject { ["level"] = "info", ["data"] = "a log line" });
                await ResultAsync(id, []);
                break;
            default:
                await ErrorAsync(id, -32602, "Unknown tool");
                break;
        }
    }

    private async Task AskAsync(JsonNode id)
    {
        await send(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "p1", ["method"] = "ping" }.ToJsonString());
        await send(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "s1", ["method"] = "sampling/createMessage", ["params"] = new JsonObject() }.ToJsonString());
        await ResultAsync(id, new JsonObject { ["asked"] = 2 });
    }

    /// <summary>A sound result with one long text, whose lines are numbered.</summary>
    private async Task BigAsync(JsonNode id, long bytes)
    {
        await send($"\u0001{{\"jsonrpc\":\"2.0\",\"id\":{id.ToJsonString()},\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":\"");
        var piece = new System.Text.StringBuilder();
        var line = 0;
        for (var sent = 0L; sent < bytes; sent += piece.Length)
        {
            piece.Clear();
            while (piece.Length < 64 * 1024)
                piece.Append(System.Globalization.CultureInfo.InvariantCulture, $"line {line++:D9} ü\\n");
            await send("\u0001" + piece);
        }

        await send($"\"}}]{(script.IsModern ? ",\"resultType\":\"complete\"" : "")}}}}}");
    }

    /// <summary>Asks, and waits for the answer; over streams that all share alone, since elsewhere the answer comes to another object.</summary>
    private async Task<JsonObject> QuestionAsync(string method)
    {
        var id = $"q-{Guid.NewGuid():N}";
        var answer = _questions.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        await send(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = new JsonObject { ["message"] = "Sure?" } }.ToJsonString());
        var message = await answer.Task;
        return new JsonObject { ["answer"] = message["result"]?.DeepClone(), ["code"] = message["error"]?["code"]?.DeepClone() };
    }

    private async Task HugeAsync(long bytes)
    {
        var piece = new string('x', 1024 * 1024);
        await send("\u0001{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"");
        for (var sent = 0L; sent < bytes; sent += piece.Length)
            await send("\u0001" + piece);
        await send("\"}");
    }

    private Task ResultAsync(JsonNode id, JsonObject structured) => AnswerAsync(id, new JsonObject
    {
        ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = structured.ToJsonString() }),
        ["structuredContent"] = structured,
    });

    private Task AnswerAsync(JsonNode id, JsonNode? result)
    {
        if (script.IsModern && result is JsonObject complete && !complete.ContainsKey("resultType"))
        {
            complete["resultType"] = "complete";
            complete["ttlMs"] = 0;
            complete["cacheScope"] = "private";
            complete["_meta"] = new JsonObject { ["io.modelcontextprotocol/serverInfo"] = new JsonObject { ["name"] = "scripted", ["version"] = "1" } };
        }

        return send(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["result"] = result }.ToJsonString());
    }

    private Task ErrorAsync(JsonNode id, int code, string message, JsonNode? data = null) => send(new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id.DeepClone(),
        ["error"] = new JsonObject { ["code"] = code, ["message"] = message, ["data"] = data ?? new JsonArray(1, 2) },
    }.ToJsonString());

    private Task ProgressAsync(JsonNode? token, int step) => token is null
        ? Task.CompletedTask
        : NoticeAsync("notifications/progress", new JsonObject { ["progressToken"] = token.DeepClone(), ["progress"] = step });

    private Task NoticeAsync(string method, JsonObject? parameters)
    {
        var notice = new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method };
        if (parameters is not null)
            notice["params"] = parameters;
        return send(notice.ToJsonString());
    }
}
