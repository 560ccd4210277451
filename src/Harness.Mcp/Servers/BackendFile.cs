using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Servers;

/// <summary>A file of `servers.config` in our own form, before it is written: `NAME.json`.</summary>
internal sealed record BackendFile(string Name, string Owner, string Domain, JsonObject Connection)
{
    private const string Schema = "servers.schema.json";

    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string PathIn(Home home) => Path.Combine(home.Servers, Name + ".json");

    /// <summary>The backend that the file describes, or what is wrong with it.</summary>
    public Parsed<ServersFile> Read(Home home, ServersConfigSurroundings surroundings)
    {
        var document = YamlReader.Read(Text(home), PathIn(home));
        return document.IsValid ? ServersConfigParser.Parse(document.Value, surroundings) : new(document.Problems);
    }

    /// <summary>Writes the file whole or not at all, so that a running proxy never reads a half.</summary>
    /// <exception cref="IOException">There is such a file, or it cannot be written.</exception>
    public void Write(Home home)
    {
        Directory.CreateDirectory(home.Servers);
        var draft = $"{PathIn(home)}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(draft, Text(home));
            File.Move(draft, PathIn(home), overwrite: false);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private string Text(Home home)
    {
        var file = new JsonObject();
        if (File.Exists(Path.Combine(home.Servers, Schema)))
            file["$schema"] = Schema;
        file["name"] = Name;
        file["owner"] = Owner;
        file["domain"] = Domain;
        foreach (var (key, value) in Connection)
            file[key] = value?.DeepClone();
        return file.ToJsonString(Form) + "\n";
    }
}
