using System.Text.RegularExpressions;

namespace Harness.Mcp.Servers;

/// <summary>Tells secrets by their names and their looks, so that none gets into a file that a team reviews. A text that takes its value from the environment is none.</summary>
internal static partial class SecretText
{
    /// <param name="name">Of the header, variable or option that carries the text.</param>
    public static bool IsSecret(string name, string value) =>
        value.Length > 0 && !value.Contains("${", StringComparison.Ordinal) && (IsSecretValue(value) || (SecretName().IsMatch(name) && !PlaceName().IsMatch(name) && !IsFlag(value)));

    /// <summary>Whether a text gives itself away, whatever carries it.</summary>
    public static bool IsSecretValue(string value) => SecretValue().IsMatch(value);

    public static bool IsSecretName(string name) => SecretName().IsMatch(name) && !PlaceName().IsMatch(name);

    private static bool IsFlag(string value) => value is "true" or "false" or "0" or "1";

    [GeneratedRegex(@"token|secret|passw|credential|authorization|cookie|api[-_]?key|access[-_]?key|private[-_]?key|(^|[-_])(key|pat|pwd|auth)($|[-_])", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"[-_](file|path|dir|url|uri|endpoint|id|name|limit|max)$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlaceName();

    // Marks of well-known issuers, a signed token, and credentials inside of an address.
    [GeneratedRegex(@"(^|[\s=:])(ghp_|gho_|ghu_|ghs_|github_pat_|glpat-|xox[abprs]-|sk-[A-Za-z0-9]|sk_live_|AKIA[A-Z0-9]{12}|AIza|npm_|hf_|eyJ[A-Za-z0-9_-]{10})|://[^/\s:@]+:[^/\s@]+@|PRIVATE KEY-----", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretValue();
}
