using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Schemas;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>What an OpenAPI document describes: operations that can be tools, and those that cannot.</summary>
/// <param name="Version">As the document writes it, such as `3.0.3`.</param>
/// <param name="LeftOut">In the order of the document.</param>
internal sealed record ApiDescription(string Version, ImmutableArray<ApiOperation> Operations, ImmutableArray<LeftOutOperation> LeftOut);

/// <summary>An operation that is no tool, with the reason.</summary>
/// <param name="Operation">Method and path, escaped.</param>
internal readonly record struct LeftOutOperation(string Operation, string Why);

/// <summary>One operation as a tool: what agents are shown, and how a call of it becomes a request.</summary>
/// <param name="Definition">The tool's definition, as a backend would list it. It names address and digest of all that shapes the request, so that a change of these is drift.</param>
/// <param name="Digest">Digest of <paramref name="Definition"/>.</param>
internal sealed record ApiOperation(string Tool, JsonElement Definition, Digest Digest, RequestShape Request, AnswerShape Answer);

/// <summary>How the arguments of a call become an HTTP request.</summary>
/// <param name="Base">Scheme, host and path that <paramref name="Path"/> is put behind; without a slash at its end.</param>
/// <param name="Path">The document's path, with its `{…}` expressions.</param>
/// <param name="Accept">Media types that the operation is described to answer with.</param>
internal sealed record RequestShape(
    HttpMethod Method, Uri Base, string Path, ImmutableArray<ApiParameter> Parameters, BodyShape? Body, ImmutableArray<string> Accept)
{
    /// <summary>The tool's argument that holds the body.</summary>
    public const string BodyArgument = "body";
}

/// <summary>How an answer becomes a tool's result.</summary>
/// <param name="Schema">What `structuredContent` must be like; null where the document does not say it of every success.</param>
/// <param name="IsWrapped">The body stands in `result`, since its schema is not one of an object. Without a schema, whatever is no object does.</param>
internal sealed record AnswerShape(JsonSchema? Schema, bool IsWrapped)
{
    public const string WrappingMember = "result";
}

internal enum ParameterPlace
{
    Path,
    Query,
    Header,
    Cookie,
}

internal enum ParameterForm
{
    Simple,
    Label,
    Matrix,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,

    /// <summary>The argument as JSON text (a parameter with `content`).</summary>
    Json,
}

/// <summary>One parameter of an operation.</summary>
/// <param name="Name">As the service knows it.</param>
/// <param name="Argument">The tool's argument that holds its value.</param>
internal sealed record ApiParameter(string Name, string Argument, ParameterPlace Place, ParameterForm Form, bool IsExploded, bool IsRequired);

/// <summary>An operation cannot be a tool; the message says why.</summary>
internal sealed class OperationRefusedException(string message) : Exception(message);

/// <summary>A call's arguments cannot be written as a request; nothing was sent. The message is for the agent.</summary>
internal sealed class ArgumentRefusedException(string message) : Exception(message);
