using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Enforcement.Large;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// What a call is of, and the arguments that are decided on and forwarded. Reads of resources, prompts and completions are calls of tools with
/// reserved names (<see cref="ReservedTools"/>), whose arguments are the method's parameters as the backend writes them.
/// </summary>
/// <param name="Tool">Null where nothing of the name is known.</param>
/// <param name="Fault">What is wrong with the call before any schema is asked; null for nothing.</param>
internal readonly record struct CallTarget(CatalogTool? Tool, JsonElement Arguments, Denial? Fault)
{
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");
    private static readonly JsonElement NoDefinition = JsonElement.Parse("{}");

    private static readonly JsonSchema ResourceInput = Schema("""{"type":"object","properties":{"uri":{"type":"string"}},"required":["uri"],"additionalProperties":false}""");

    private static readonly JsonSchema ResultInput = Schema(
        """
        {"type":"object","required":["call","offset","bytes"],"additionalProperties":false,
         "properties":{"call":{"type":"string"},"offset":{"type":"integer","minimum":0},"bytes":{"type":"integer","minimum":1} } }
        """);

    private static readonly JsonSchema CompletionInput = Schema(
        """
        {"type":"object","required":["ref","argument"],"additionalProperties":false,
         "properties":{
           "ref":{"type":"object","required":["type"],"properties":{"type":{"enum":["ref/prompt","ref/resource"]},"name":{"type":"string"},"uri":{"type":"string"},"title":{"type":"string"} },"additionalProperties":false},
           "argument":{"type":"object","required":["name","value"],"properties":{"name":{"type":"string"},"value":{"type":"string"} },"additionalProperties":false},
           "context":{"type":"object","properties":{"arguments":{"type":"object","additionalProperties":{"type":"string"} } },"additionalProperties":false} } }
        """);

    public static CallTarget Of(AgentCall asked, CatalogSnapshot tools, IReadCatalog reads, LargeAnswers large) => asked.Kind switch
    {
        CallKind.Resource when LargeAnswers.IsOf(asked.Tool) => OfResult(asked, large),
        CallKind.Resource => OfResource(asked, reads.Reads),
        CallKind.Prompt => OfPrompt(asked, reads.Reads),
        CallKind.Completion => OfCompletion(asked, reads.Reads),
        _ => OfTool(asked, tools.FindExposed(asked.Tool)),
    };

    private static CallTarget OfTool(AgentCall asked, CatalogTool? tool)
    {
        var fault = asked.OddNumber is { } number && tool is not { Numbers: NumberForm.Exact }
            ? new Denial(ReasonCode.ArgumentsInvalid, NumberText.Complaint(number))
            : null;
        return new CallTarget(tool, asked.Arguments ?? NoArguments, fault);
    }

    private static CallTarget OfResult(AgentCall asked, LargeAnswers large) => large.Find(asked.Mission, asked.Tool) is (var facts, var arguments)
        ? new CallTarget(Read(facts, ResultInput, ToolStanding.Approved, ResultForm.Json), Json(arguments), null)
        : new CallTarget(null, Json(new JsonObject { ["uri"] = asked.Tool }), null);

    private static CallTarget OfResource(AgentCall asked, CatalogReads reads)
    {
        if (reads.FindResource(asked.Tool) is not (var backend, var uri))
            return new CallTarget(null, Json(new JsonObject { ["uri"] = asked.Tool }), null);

        var (facts, standing, results) = backend.OfResource(uri);
        var fault = ResourceUri.IsSound(uri)
            ? null
            : new Denial(
                ReasonCode.ArgumentsInvalid,
                $"`uri` must be an absolute URI of at most {ResourceUri.LengthMax} characters, without `.` and `..` between slashes. Write the place itself, and call again.")
            {
                Argument = "uri",
            };
        return new CallTarget(Read(facts, ResourceInput, standing, results), Json(new JsonObject { ["uri"] = uri }), fault);
    }

    private static CallTarget OfPrompt(AgentCall asked, CatalogReads reads)
    {
        if (reads.FindPrompt(asked.Tool) is not (var backend, var prompt))
            return new CallTarget(null, Json(Parameters(asked.Tool, asked.Arguments)), null);
        return new CallTarget(
            Read(backend.FactsOfPrompt(prompt), prompt.Definition.Input, prompt.Standing, ResultForm.Json), Json(Parameters(prompt.Name, asked.Arguments)), null);
    }

    private static JsonObject Parameters(string name, JsonElement? arguments)
    {
        var parameters = new JsonObject { ["name"] = name };
        if (arguments is { } given)
            parameters["arguments"] = JsonObject.Create(given);
        return parameters;
    }

    private static CallTarget OfCompletion(AgentCall asked, CatalogReads reads)
    {
        // The wire saw to it that there is a `ref`, and took from it what it names.
        var parameters = JsonObject.Create(asked.Arguments ?? NoArguments)!;
        var isPrompt = parameters["ref"] is JsonObject { } named && named.ContainsKey("name");
        var found = isPrompt ? reads.FindPrompt(asked.Tool) : reads.FindTemplate(asked.Tool);
        if (found is not (var backend, var read))
            return new CallTarget(null, Json(parameters), null);

        parameters["ref"] = new JsonObject { ["type"] = parameters["ref"]!["type"]?.DeepClone(), [isPrompt ? "name" : "uri"] = read.Name };
        return new CallTarget(Read(backend.FactsOfCompletion(read), CompletionInput, read.Standing, ResultForm.Json), Json(parameters), null);
    }

    private static CatalogTool Read(ToolFacts facts, JsonSchema input, ToolStanding standing, ResultForm results) =>
        new(facts.Id.ToString(), facts, NoDefinition, input, standing) { Results = results };

    private static JsonElement Json(JsonObject value) => WireJson.ElementOf(value);

    private static JsonSchema Schema(string text) =>
        JsonSchema.Compile(JsonElement.Parse(text), new SourcePosition("reads", 0, 0)).Value ?? throw new InvalidOperationException("A schema of ours does not compile.");
}
