namespace Harness.Mcp.Proxy.Backends;

/// <summary>How a tool writes fields into the text of a result that has no `structuredContent`.</summary>
public enum ResultForm
{
    /// <summary>Text that is a JSON object or array holds fields; any other text is one string.</summary>
    Json,

    /// <summary>Text may also be YAML: a map or a list in it holds fields.</summary>
    Yaml,
}
