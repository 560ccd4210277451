using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Harness.Mcp.Servers;

/// <summary>
/// Writes the values of one client's server as our own form has them: what is asked for or kept by the client becomes a variable of the proxy's
/// environment, and so does every secret. Everything that changes by it is noted.
/// </summary>
internal sealed partial class ClientValues(string backend, string workspace)
{
    public List<Loss> Losses { get; } = [];

    /// <returns>Null where the value cannot be carried over; then a loss says so.</returns>
    public JsonNode? Carry(string key, JsonNode value)
    {
        switch (key, value)
        {
            case ("args", JsonArray list):
                return Arguments(list);
            case ("env" or "headers", JsonObject map):
                return Map(key, map);
            case ("command" or "cwd" or "description", JsonValue text) when text.TryGetValue<string>(out var written):
                return key == "description" ? written : Refer(key, written);
            case ("url", JsonValue text) when text.TryGetValue<string>(out var written):
                return Address(written);
            default:
                Losses.Add(new Loss(key, "It has not the form that clients document.", "Correct the client's file, or write it into the new one by hand."));
                return null;
        }
    }

    private JsonArray Arguments(JsonArray list)
    {
        var arguments = new JsonArray();
        string? before = null;
        foreach (var item in list)
        {
            var text = item is JsonValue value && value.TryGetValue<string>(out var written) ? written : item?.ToJsonString() ?? "";
            var place = $"args[{arguments.Count}]";
            var assigned = Assignment().Match(text);
            if (assigned.Success && SecretText.IsSecret(assigned.Groups["name"].Value, assigned.Groups["value"].Value))
                arguments.Add($"{assigned.Groups["option"].Value}={Hide(place, Variable(assigned.Groups["name"].Value))}");
            else if (before is not null && before.StartsWith('-') && SecretText.IsSecret(before.TrimStart('-'), text))
                arguments.Add(Hide(place, Variable(before.TrimStart('-'))));
            else if (SecretText.IsSecretValue(text))
                arguments.Add(Hide(place, $"{Variable("secret")}{(arguments.Count == 0 ? "" : $"_{arguments.Count}")}"));
            else
                arguments.Add(Refer(place, text));
            before = text;
        }

        return arguments;
    }

    private JsonObject Map(string key, JsonObject map)
    {
        var carried = new JsonObject();
        foreach (var (name, value) in map)
        {
            var place = $"{key}.{name}";
            var text = value is JsonValue scalar && scalar.TryGetValue<string>(out var written) ? written : value?.ToJsonString() ?? "";
            if (key == "env" && CopilotSecret().IsMatch(text))
                carried[name] = Refer(place, $"${{{text.TrimStart('$')}}}");
            else if (!SecretText.IsSecret(name, text))
                carried[name] = Refer(place, text);
            else if (key == "env")
                carried[name] = Hide(place, name);
            else
                carried[name] = Scheme().Match(text) is { Success: true } scheme ? $"{scheme.Value}{Hide(place, Variable(name))}" : Hide(place, Variable(name));
        }

        return carried;
    }

    /// <summary>An address, with secrets of its query taken out.</summary>
    private string Address(string url) => Refer("url", QueryValue().Replace(url, match =>
        SecretText.IsSecret(match.Groups["name"].Value, match.Groups["value"].Value)
            ? $"{match.Groups["lead"].Value}{match.Groups["name"].Value}={Hide("url", Variable(match.Groups["name"].Value))}"
            : match.Value));

    private string Hide(string place, string variable)
    {
        Losses.Add(new Loss(place, "A secret stands there, which was not copied: these files are for a team to read.", $"Set `{variable}` for the proxy to its value."));
        return $"${{env:{variable}}}";
    }

    /// <summary>References as our own form writes them: to the environment alone.</summary>
    private string Refer(string place, string text) => Reference().Replace(text, match =>
    {
        var reference = match.Groups["reference"].Value;
        switch (reference.Split(':', 2))
        {
            case ["env", var name]:
                return Variable(place, name);
            case ["input", var input]:
                var asked = Variable(input);
                Losses.Add(new Loss(place, $"The client asks a person for `{input}`, and nobody can be asked while the proxy runs.", $"Set `{asked}` for the proxy."));
                return $"${{env:{asked}}}";
            case ["userHome"]:
                return "${env:HOME}";
            case ["workspaceFolder", ..]:
                Losses.Add(new Loss(place, $"`{match.Value}` became `{workspace}`.", "Correct it where the proxy runs elsewhere."));
                return workspace;
            case [var name, var fallback] when fallback.StartsWith('-'):
                Losses.Add(new Loss(place, $"Its default `{fallback[1..]}` was not copied.", $"Set `{name}` for the proxy, or write the value in its place."));
                return $"${{env:{name}}}";
            case [var name] when VariableName().IsMatch(name):
                return Variable(place, name);
            default:
                Losses.Add(new Loss(place, $"`{match.Value}` means nothing outside of the client.", $"Set `{Variable(reference)}` for the proxy, or write the value in its place."));
                return $"${{env:{Variable(reference)}}}";
        }
    });

    private string Variable(string place, string name)
    {
        if (Environment.GetEnvironmentVariable(name) is null)
            Losses.Add(new Loss(place, $"The variable `{name}` is not set here.", $"Set `{name}` for the proxy; without it the backend is left out."));
        return $"${{env:{name}}}";
    }

    /// <summary>The name of a variable for something of this backend.</summary>
    private string Variable(string written) =>
        $"{NotInNames().Replace(backend.ToUpperInvariant(), "_")}_{NotInNames().Replace(written.ToUpperInvariant(), "_").Trim('_')}";

    [GeneratedRegex(@"\$\{(?<reference>[^}]*)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableName();

    [GeneratedRegex("[^A-Z0-9]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotInNames();

    [GeneratedRegex(@"^\$?COPILOT_MCP_[A-Z0-9_]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CopilotSecret();

    [GeneratedRegex(@"^(Bearer|Basic|Token)\s+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^(?<option>-{0,2}(?<name>[A-Za-z][A-Za-z0-9_-]*))=(?<value>.+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Assignment();

    [GeneratedRegex("(?<lead>[?&])(?<name>[^=&#]+)=(?<value>[^&#]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QueryValue();
}
