using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Samples;

/// <summary>What the sample programs share: tools taken from the methods of one object, served over standard input and output.</summary>
internal static class SampleServer
{
    /// <summary>Snake case and explicit nulls, so that a result always has every field that its schema promises.</summary>
    public static JsonSerializerOptions Json { get; } = new(McpJsonUtilities.DefaultOptions)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>Serves until the other side closes standard input.</summary>
    /// <param name="tools">An object whose public methods with <see cref="McpServerToolAttribute"/> are the tools.</param>
    public static async Task RunAsync(string name, string title, string instructions, object tools)
    {
        var options = new McpServerOptions
        {
            ServerInfo = new Implementation { Name = name, Title = title, Version = Version },
            ServerInstructions = instructions,
            ToolCollection = [],
        };
        foreach (var method in tools.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            if (method.GetCustomAttribute<McpServerToolAttribute>() is not null)
                options.ToolCollection.Add(McpServerTool.Create(method, tools, ToolOptions));

        await using var transport = new StdioServerTransport(name);
        await using var server = McpServer.Create(transport, options);
        await server.RunAsync();
    }

    /// <summary>Reads a list of records from a file that is embedded in the program.</summary>
    public static List<T> Seed<T>(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The program holds no embedded file `{file}`.");
        return JsonSerializer.Deserialize<List<T>>(stream, Json)
            ?? throw new InvalidOperationException($"The embedded file `{file}` holds no list.");
    }

    private static string Version => typeof(SampleServer).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    private static McpServerToolCreateOptions ToolOptions => new()
    {
        SerializerOptions = Json,
        SchemaCreateOptions = new AIJsonSchemaCreateOptions { TransformOptions = new AIJsonSchemaTransformOptions { DisallowAdditionalProperties = true } },
    };
}
