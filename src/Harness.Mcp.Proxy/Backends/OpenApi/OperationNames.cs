using System.Security.Cryptography;
using System.Text;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>
/// Names of operations as tools: the `operationId`, or method and path where there is none, in `[A-Za-z0-9_-]`. A name depends on its own
/// operation alone; those that would share one each get a digest of method and path, so that neither can take over the other's.
/// </summary>
internal sealed class OperationNames
{
    private const int LengthMax = 100;
    private const int DigestLength = 8;

    private readonly Dictionary<string, int> _wanted = new(StringComparer.Ordinal);

    /// <summary>Notes what an operation would be called; all are noted before the first is named.</summary>
    public string Wanted(string? operationId, HttpMethod method, string path)
    {
        var name = Clean(string.IsNullOrWhiteSpace(operationId) ? $"{method.Method.ToLowerInvariant()}{path.Replace("{", "by_", StringComparison.Ordinal)}" : operationId);
        _wanted[name] = _wanted.GetValueOrDefault(name) + 1;
        return name;
    }

    /// <param name="operation">Method and path.</param>
    public string Unique(string wanted, string operation) => _wanted[wanted] == 1 && wanted.Length <= LengthMax
        ? wanted
        : $"{wanted[..Math.Min(wanted.Length, LengthMax - DigestLength - 1)]}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(operation)))[..DigestLength]}";

    /// <summary>Also what a parameter's name becomes, where clients take nothing else.</summary>
    public static string Clean(string name)
    {
        var cleaned = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            var isKept = char.IsAsciiLetterOrDigit(character) || character is '_' or '-';
            if (isKept || (cleaned.Length > 0 && cleaned[^1] != '_'))
                cleaned.Append(isKept ? character : '_');
        }

        var text = cleaned.ToString().TrimEnd('_');
        return text.Length == 0 ? "_" : text;
    }
}
