using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class DefinitionJson : JsonSerializerContext;
