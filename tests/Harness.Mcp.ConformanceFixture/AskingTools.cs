using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>
/// The tools of the conformance suite that ask the client. In 2026-07-28 they answer `input_required`; for a session of the `initialize` era the SDK
/// sends the same requests by itself and calls the tool again.
/// </summary>
[McpServerToolType]
internal sealed class AskingTools
{
    public const string NameForm = """
        { "method": "elicitation/create", "params": { "message": "What is your name?",
          "requestedSchema": { "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] } } }
        """;

    private const string OkForm = """
        { "method": "elicitation/create", "params": { "message": "Please confirm",
          "requestedSchema": { "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] } } }
        """;

    private const string ColorForm = """
        { "method": "elicitation/create", "params": { "message": "Step 2: What is your favorite color?",
          "requestedSchema": { "type": "object", "properties": { "color": { "type": "string" } }, "required": ["color"] } } }
        """;

    private static readonly string[] Who = ["username", "email"];

    private const string Roots = """{ "method": "roots/list", "params": {} }""";

    [McpServerTool(Name = "test_sampling"), Description("Lets the client's model answer a prompt.")]
    public static string Sampling(RequestContext<CallToolRequestParams> request, [Description("The prompt.")] string prompt) =>
        $"LLM response: {Answer(request.Params, "text", Sample(prompt, 100))}";

    [McpServerTool(Name = "test_elicitation"), Description("Asks the client's user who they are.")]
    public static string Elicitation(RequestContext<CallToolRequestParams> request, [Description("What the user is told.")] string message) =>
        $"User response: {Answer(request.Params, "form", JsonSerializer.Serialize(new
        {
            method = "elicitation/create",
            @params = new
            {
                message,
                requestedSchema = new
                {
                    type = "object",
                    properties = new { username = new { type = "string", description = "User's response" }, email = new { type = "string", description = "User's email address" } },
                    required = Who,
                },
            },
        }))}";

    [McpServerTool(Name = "test_elicitation_sep1034_defaults"), Description("Asks with a default for each kind of field.")]
    public static string Defaults(RequestContext<CallToolRequestParams> request) => $"Elicitation completed: {Answer(request.Params, "form", """
        { "method": "elicitation/create", "params": { "message": "Check these values.", "requestedSchema": { "type": "object", "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
            "verified": { "type": "boolean", "default": true } } } } }
        """)}";

    [McpServerTool(Name = "test_elicitation_sep1330_enums"), Description("Asks with each kind of choice.")]
    public static string Enums(RequestContext<CallToolRequestParams> request) => $"Elicitation completed: {Answer(request.Params, "form", """
        { "method": "elicitation/create", "params": { "message": "Choose.", "requestedSchema": { "type": "object", "properties": {
            "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
            "titledSingle": { "type": "string", "oneOf": [{ "const": "value1", "title": "First Option" }, { "const": "value2", "title": "Second Option" }] },
            "legacyEnum": { "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"] },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": ["option1", "option2", "option3"] } },
            "titledMulti": { "type": "array", "items": { "anyOf": [{ "const": "value1", "title": "First Choice" }, { "const": "value2", "title": "Second Choice" }] } } } } } }
        """)}";

    [McpServerTool(Name = "test_input_required_result_elicitation"), Description("Asks for a name.")]
    public static string BasicElicitation(RequestContext<CallToolRequestParams> request) => $"Hello, {Answer(request.Params, "user_name", NameForm)}!";

    [McpServerTool(Name = "test_input_required_result_sampling"), Description("Asks the client's model.")]
    public static string BasicSampling(RequestContext<CallToolRequestParams> request) =>
        Answer(request.Params, "capital_question", Sample("What is the capital of France?", 100));

    [McpServerTool(Name = "test_input_required_result_list_roots"), Description("Asks for the client's roots.")]
    public static string BasicRoots(RequestContext<CallToolRequestParams> request) => $"Roots: {Answer(request.Params, "client_roots", Roots)}";

    [McpServerTool(Name = "test_input_required_result_request_state"), Description("Asks with a state that must come back.")]
    public static string State(RequestContext<CallToolRequestParams> request)
    {
        if (request.Params?.RequestState is null)
            throw Asking(new() { ["confirm"] = OkForm }, "the-state");
        return request.Params.RequestState == "the-state" ? "state-ok" : throw new McpException("The state is not the one that was given.");
    }

    [McpServerTool(Name = "test_input_required_result_multiple_inputs"), Description("Asks three things at once.")]
    public static string Several(RequestContext<CallToolRequestParams> request)
    {
        if (request.Params?.InputResponses is not { Count: >= 3 } answers)
            throw Asking(new() { ["user_name"] = NameForm, ["greeting"] = Sample("Generate a greeting", 50), ["client_roots"] = Roots }, "several");
        return $"Got {string.Join(", ", answers.Keys.Order(StringComparer.Ordinal))}.";
    }

    [McpServerTool(Name = "test_input_required_result_multi_round"), Description("Asks twice.")]
    public static string Rounds(RequestContext<CallToolRequestParams> request) => request.Params?.RequestState switch
    {
        null => throw Asking(new() { ["step1"] = NameForm }, "round-1"),
        "round-1" => throw Asking(new() { ["step2"] = ColorForm }, "round-2"),
        "round-2" => "Both steps are done.",
        _ => throw new McpException("The state is not one that was given."),
    };

    [McpServerTool(Name = "test_input_required_result_tampered_state"), Description("Asks with a state that it holds against its digest.")]
    public static string Tampered(RequestContext<CallToolRequestParams> request)
    {
        var state = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("tampered")));
        if (request.Params?.RequestState is not { } given)
            throw Asking(new() { ["confirm"] = OkForm }, state);
        return given == state ? "The state is whole." : throw new McpProtocolException("The state was changed.", McpErrorCode.InvalidParams);
    }

    [McpServerTool(Name = "test_input_required_result_capabilities"), Description("Asks only what the client declares.")]
    public static string Capabilities(RequestContext<CallToolRequestParams> request)
    {
        if (request.Params?.InputResponses is { Count: > 0 })
            return "Got it.";
        var asked = new Dictionary<string, string>(StringComparer.Ordinal);
        if (request.Server.ClientCapabilities?.Elicitation is not null)
            asked["user_name"] = NameForm;
        if (request.Server.ClientCapabilities?.Sampling is not null)
            asked["capital_question"] = Sample("What is the capital of France?", 100);
        return asked.Count == 0 ? "There is nothing that could be asked." : throw Asking(asked, "capabilities");
    }

    /// <summary>The client's answer; asks for it where it is not there yet.</summary>
    public static string Answer(RequestParams? given, string key, string asked) =>
        given?.InputResponses is { } answers && answers.TryGetValue(key, out var answer)
            ? answer.RawValue.ToString()
            : throw Asking(new() { [key] = asked }, null);

    private static InputRequiredException Asking(Dictionary<string, string> requests, string? state) => new(
        requests.ToDictionary(pair => pair.Key, pair => JsonSerializer.Deserialize<InputRequest>(pair.Value, McpJsonUtilities.DefaultOptions)!, StringComparer.Ordinal), state);

    private static string Sample(string text, int tokens) => JsonSerializer.Serialize(new
    {
        method = "sampling/createMessage",
        @params = new { messages = new[] { new { role = "user", content = new { type = "text", text } } }, maxTokens = tokens },
    });
}
