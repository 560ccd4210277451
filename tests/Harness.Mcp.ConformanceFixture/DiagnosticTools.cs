using System.ComponentModel;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>The tools that the conformance suite calls by name, as its scenario descriptions define them.</summary>
[McpServerToolType]
internal sealed class DiagnosticTools(ChangingTool changing)
{
    /// <summary>One red pixel.</summary>
    internal static readonly byte[] Png = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==");

    /// <summary>A WAV header and no samples.</summary>
    private static readonly byte[] Wav = Convert.FromBase64String("UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=");

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    [McpServerTool(Name = "test_simple_text"), Description("Returns one text.")]
    public static string SimpleText() => "This is a simple text response for testing.";

    [McpServerTool(Name = "test_image_content"), Description("Returns one image.")]
    public static ImageContentBlock Image() => ImageContentBlock.FromBytes(Png, "image/png");

    [McpServerTool(Name = "test_audio_content"), Description("Returns one sound.")]
    public static AudioContentBlock Audio() => AudioContentBlock.FromBytes(Wav, "audio/wav");

    [McpServerTool(Name = "test_embedded_resource"), Description("Returns an embedded resource.")]
    public static EmbeddedResourceBlock Resource() =>
        Embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.");

    [McpServerTool(Name = "test_multiple_content_types"), Description("Returns a text, an image and a resource.")]
    public static IEnumerable<ContentBlock> Mixed() =>
    [
        new TextContentBlock { Text = "Multiple content types test:" },
        ImageContentBlock.FromBytes(Png, "image/png"),
        Embedded("test://mixed-content-resource", "application/json", """{"test":"data","value":123}"""),
    ];

    [McpServerTool(Name = "test_error_handling"), Description("Always fails.")]
    public static CallToolResult Error() => new()
    {
        IsError = true,
        Content = [new TextContentBlock { Text = "This tool intentionally returns an error for testing" }],
    };

    [McpServerTool(Name = "test_tool_with_progress"), Description("Reports progress three times.")]
    public static async Task<string> Progress(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        foreach (var progress in (int[])[0, 50, 100])
        {
            if (request.Params?.ProgressToken is { } token)
                await request.Server.NotifyProgressAsync(
                    token, new ProgressNotificationValue { Progress = progress, Total = 100 }, cancellationToken: cancellationToken);
            await Task.Delay(Step, cancellationToken);
        }

        return "Progress was reported three times.";
    }

    [McpServerTool(Name = "test_tool_with_logging"), Description("Sends three log messages.")]
    public static async Task<string> Logging(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        foreach (var said in (string[])["Tool execution started", "Tool processing data", "Tool execution completed"])
        {
            await LogMessage.SendAsync(request, said, cancellationToken);
            await Task.Delay(Step, cancellationToken);
        }

        return "Three messages were logged.";
    }

    [McpServerTool(Name = "test_logging_tool"), Description("Logs where the request asks for a log level, and only there.")]
    public static async Task<string> LogOnRequest(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        await LogMessage.SendAsync(request, "Logged as asked.", cancellationToken);
        return "One message was logged, where that was asked for.";
    }

    [McpServerTool(Name = "test_missing_capability"), Description("Needs the client's sampling capability.")]
    public static string MissingCapability(McpServer server) => server.ClientCapabilities?.Sampling is null
        ? throw new MissingRequiredClientCapabilityException(new ClientCapabilities { Sampling = new() })
        : "The client declares sampling.";

    [McpServerTool(Name = "test_streaming_elicitation"), Description("Streams progress before its result.")]
    public static Task<string> Streaming(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken) =>
        Progress(request, cancellationToken);

    [McpServerTool(Name = "test_trigger_tool_change"), Description("Takes one tool off the list, or puts it back.")]
    public string TriggerToolChange() => changing.Toggle() ? "The tool is listed again." : "The tool is no longer listed.";

    [McpServerTool(Name = "test_header_parameters"), Description("Wants its arguments repeated as request headers.")]
    public static string HeaderParameters(
        [McpHeader("Region"), Description("Any text.")] string region,
        [McpHeader("Priority"), Description("An integer.")] int priority = 0,
        [McpHeader("Dry-Run"), Description("A truth value.")] bool dryRun = false) =>
        $"region={region} priority={priority} dryRun={dryRun}";

    private static EmbeddedResourceBlock Embedded(string uri, string type, string text) => new()
    {
        Resource = new TextResourceContents { Uri = uri, MimeType = type, Text = text },
    };
}
