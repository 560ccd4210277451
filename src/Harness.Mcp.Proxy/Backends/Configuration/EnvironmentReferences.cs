using System.Text;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>How a file writes references to the environment.</summary>
internal enum ReferenceStyle
{
    /// <summary>`${env:NAME}` alone.</summary>
    Own,

    /// <summary>Also what MCP clients write: `${NAME}` and `${NAME:-default}`.</summary>
    Clients,
}

/// <summary>Puts the values of environment variables where a text refers to them. A missing variable is a problem, never an empty text.</summary>
internal static class EnvironmentReferences
{
    public static string? Resolve(
        DocumentNode.Scalar text, ReferenceStyle style, ServersConfigSurroundings surroundings, ICollection<Problem> problems)
    {
        var result = new StringBuilder();
        var rest = text.Text.AsSpan();
        var before = problems.Count;
        while (rest.IndexOf("${", StringComparison.Ordinal) is var start and >= 0)
        {
            result.Append(rest[..start]);
            var end = rest[start..].IndexOf('}');
            if (end < 0)
            {
                problems.Add(new Problem(text.Position, "A `${` has no closing brace.", "Write `${env:NAME}`."));
                return null;
            }

            result.Append(Value(rest.Slice(start + 2, end - 2).ToString(), text, style, surroundings, problems));
            rest = rest[(start + end + 1)..];
        }

        result.Append(rest);
        return problems.Count == before ? result.ToString() : null;
    }

    private static string? Value(
        string reference, DocumentNode.Scalar text, ReferenceStyle style, ServersConfigSurroundings surroundings, ICollection<Problem> problems)
    {
        var name = reference;
        string? fallback = null;
        if (reference.StartsWith("env:", StringComparison.Ordinal))
        {
            name = reference[4..];
        }
        else if (style == ReferenceStyle.Clients && reference.Split(":-", 2) is var parts && !parts[0].Contains(':', StringComparison.Ordinal))
        {
            name = parts[0];
            fallback = parts.Length == 2 ? parts[1] : null;
        }
        else
        {
            problems.Add(new Problem(
                text.Position, $"`${{{reference}}}` cannot be resolved here.", "Only the environment can be referred to, as `${env:NAME}`: nobody can be asked while the proxy runs."));
            return null;
        }

        var value = surroundings.Environment(name) ?? fallback;
        if (value is null)
            problems.Add(new Problem(text.Position, $"The environment variable `{name}` is not set.", "Set it for the proxy's own process, then start it again."));
        return value;
    }
}
