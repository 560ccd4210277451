using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Commands;

/// <summary>How a command prints its answer.</summary>
internal enum OutputFormat
{
    Text,
    Json,
    Sarif,
}

/// <summary>`--format`, with the formats that a command has.</summary>
internal sealed class FormatOption : Option<OutputFormat>
{
    public FormatOption(params OutputFormat[] formats)
        : base("--format")
    {
        var names = formats.Select(format => format.ToString().ToLowerInvariant()).ToArray();
        HelpName = string.Join('|', names);
        Description = "How to print the answer.";
        DefaultValueFactory = _ => OutputFormat.Text;
        CustomParser = result =>
        {
            var given = result.Tokens.Count == 1 ? Array.IndexOf(names, result.Tokens[0].Value) : -1;
            if (given >= 0)
                return formats[given];
            result.AddError($"`--format` takes one of {string.Join(", ", names)}.");
            return OutputFormat.Text;
        };
    }
}

internal static class JsonOutput
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Writes one JSON value to the terminal's output.</summary>
    public static void Json(this Terminal terminal, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Indented))
            write(writer);
        terminal.Output.WriteLine(Encoding.UTF8.GetString(bytes.ToArray()));
    }
}
