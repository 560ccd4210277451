namespace Harness.Mcp.Core.Schemas;

/// <summary>Leaves the compiler at the first thing it cannot compile; it never leaves <see cref="JsonSchema"/>.</summary>
internal sealed class SchemaRefusedException(string pointer, string message, string? remedy = null) : Exception(message)
{
    public string Pointer { get; } = pointer;

    public string? Remedy { get; } = remedy;
}
