using System.Globalization;
using System.Text.Json.Nodes;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>A job that answers its call later. It lives in memory, until the fixture ends.</summary>
internal sealed class FixtureTask : IDisposable
{
    private const string Form = """
        { "method": "elicitation/create", "params": { "message": "Please confirm", "requestedSchema": { "type": "object",
          "properties": { "confirm": { "type": "boolean" }, "name": { "type": "string" } } } } }
        """;

    private readonly Lock _access = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly DateTimeOffset _created = DateTimeOffset.UtcNow;
    private readonly JsonObject _asked = [];
    private readonly JsonObject _answers = [];
    private readonly TaskCompletionSource<JsonObject> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _status = "working";
    private DateTimeOffset _updated = DateTimeOffset.UtcNow;
    private JsonObject? _result;
    private JsonObject? _error;

    public string Id { get; } = Guid.NewGuid().ToString("D");

    public CancellationToken Cancelled => _cancel.Token;

    /// <summary>Asks for a form under each key, and waits until all are answered.</summary>
    public Task<JsonObject> AskAsync(params string[] keys)
    {
        lock (_access)
        {
            foreach (var key in keys)
                _asked[key] = JsonNode.Parse(Form);
            Move("input_required");
        }

        return _answered.Task.WaitAsync(_cancel.Token);
    }

    public void Answer(JsonObject responses)
    {
        lock (_access)
        {
            foreach (var (key, answer) in responses)
                if (_asked.Remove(key))
                    _answers[key] = answer?.DeepClone();
            if (_status != "input_required" || _asked.Count > 0)
                return;
            Move("working");
            _answered.TrySetResult(_answers);
        }
    }

    public void Complete(string text, bool isError = false) => End("completed", () => _result = new JsonObject
    {
        ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }), ["isError"] = isError,
    });

    public void Fail(int code, string message) => End("failed", () => _error = new JsonObject { ["code"] = code, ["message"] = message });

    public void Cancel()
    {
        End("cancelled", static () => { });
        _cancel.Cancel();
    }

    /// <summary>The task with what its status brings.</summary>
    /// <param name="isWhole">False for the answer to the call that made it.</param>
    public JsonObject Show(bool isWhole)
    {
        lock (_access)
        {
            var shown = new JsonObject
            {
                ["taskId"] = Id, ["status"] = _status, ["createdAt"] = Time(_created), ["lastUpdatedAt"] = Time(_updated), ["ttlMs"] = 600_000, ["pollIntervalMs"] = 100,
            };
            if (!isWhole)
                return shown;
            if (_status == "input_required")
                shown["inputRequests"] = _asked.DeepClone();
            if (_result is not null)
                shown["result"] = _result.DeepClone();
            if (_error is not null)
                shown["error"] = _error.DeepClone();
            return shown;
        }
    }

    public void Dispose() => _cancel.Dispose();

    private void End(string status, Action bring)
    {
        lock (_access)
        {
            if (_status is "completed" or "failed" or "cancelled")
                return;
            bring();
            Move(status);
        }
    }

    private void Move(string status) => (_status, _updated) = (status, DateTimeOffset.UtcNow);

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
