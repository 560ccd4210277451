using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Harness.Mcp.Proxy.Backends.Guard;

/// <summary>What the guard is to start. It travels as the first line of the guard's standard input, so that no secret stands in a command line.</summary>
/// <param name="Command">An absolute path, or a name to look up in the environment's PATH.</param>
/// <param name="Environment">The child's whole environment.</param>
internal sealed record GuardSpec(string Command, ImmutableArray<string> Arguments, ImmutableDictionary<string, string> Environment, string WorkingDirectory)
{
    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, GuardJson.Default.GuardSpec), (byte)'\n'];

    public static GuardSpec? FromLine(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize(line, GuardJson.Default.GuardSpec);

    /// <summary>The program's file, or null where there is none. Never looks into the current folder or beside our own program.</summary>
    public string? Resolve()
    {
        if (Path.IsPathFullyQualified(Command))
            return File.Exists(Command) ? Command : null;
        var extensions = OperatingSystem.IsWindows() ? (string[])["", ".exe", ".cmd"] : [""];
        return (Environment.GetValueOrDefault("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathFullyQualified)
            .SelectMany(folder => extensions.Select(extension => Path.Combine(folder, Command + extension)))
            .FirstOrDefault(File.Exists);
    }
}

[JsonSerializable(typeof(GuardSpec))]
internal sealed partial class GuardJson : JsonSerializerContext;
