using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Servers;

/// <summary>A list of servers as an MCP client keeps it: `mcpServers` of Claude and Copilot, `servers` of VS Code, alone or among other settings.</summary>
/// <param name="Workspace">What `${workspaceFolder}` stands for: the folder that the file belongs to.</param>
internal sealed record ClientFile(JsonObject Servers, string Workspace)
{
    private const int BytesMax = 8 * 1024 * 1024;

    // These clients write comments and trailing commas.
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    public static Parsed<ClientFile> Read(string file)
    {
        try
        {
            if (new FileInfo(file).Length > BytesMax)
                return Refused(file, 0, 0, "The file is larger than 8 MiB.", "Copy the list of servers into a file of its own.");
            if (JsonNode.Parse(File.ReadAllText(file), null, Lenient) is not JsonObject root)
                return Refused(file, 1, 1, "The file holds no JSON object.", "Name a client's file, such as `.mcp.json` or `.vscode/mcp.json`.");
            if ((root["mcpServers"] ?? root["servers"] ?? (root["mcp"] as JsonObject)?["servers"]) is not JsonObject servers)
                return Refused(
                    file, 0, 0, "It has neither `mcpServers` nor `servers`.",
                    root["openapi"] is not null ? $"It is an OpenAPI document: put it into the home, and describe its service by `harness servers add NAME --openapi {Path.GetFileName(file)}`." : root["name"] is not null && (root["command"] ?? root["url"]) is not null ? "A file of our own form needs no import: copy it into `servers.config/`." : "Name a client's file, such as `.mcp.json` or `.vscode/mcp.json`.");
            return new(new ClientFile(servers, WorkspaceOf(file)));
        }
        catch (JsonException broken)
        {
            return Refused(file, (int)(broken.LineNumber ?? -1) + 1, (int)(broken.BytePositionInLine ?? -1) + 1, "The file is not JSON.", "Correct it there; comments and trailing commas are allowed.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return Refused(file, 0, 0, $"The file cannot be read: {unreadable.Message}", "Check the name, and that this program may read it.");
        }
    }

    private static string WorkspaceOf(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";
        return Path.GetFileName(folder) is ".vscode" or ".github" or ".claude" ? Path.GetDirectoryName(folder) ?? folder : folder;
    }

    private static Parsed<ClientFile> Refused(string file, int line, int column, string message, string remedy) =>
        new(ImmutableArray.Create(new Problem(new SourcePosition(file, line, column), message, remedy)));
}
