using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>The resources that the conformance suite reads by URI, as its scenario descriptions define them.</summary>
[McpServerResourceType]
internal sealed class DiagnosticResources
{
    [McpServerResource(UriTemplate = "test://static-text", Name = "Static text", MimeType = "text/plain"), Description("One text.")]
    public static string Text() => "This is the content of the static text resource.";

    [McpServerResource(UriTemplate = "test://static-binary", Name = "Static image", MimeType = "image/png"), Description("One image.")]
    public static BlobResourceContents Image() => BlobResourceContents.FromBytes(DiagnosticTools.Png, "test://static-binary", "image/png");

    [McpServerResource(UriTemplate = "test://watched-resource", Name = "Watched", MimeType = "text/plain"), Description("A text to subscribe to.")]
    public static string Watched() => "Watched content.";

    [McpServerResource(UriTemplate = "test://template/{id}/data", Name = "By id", MimeType = "application/json"), Description("Data of one id.")]
    public static TextResourceContents ById(string id) => new()
    {
        Uri = $"test://template/{id}/data",
        MimeType = "application/json",
        Text = $$"""{"id":"{{id}}","templateTest":true,"data":"Data for ID: {{id}}"}""",
    };
}
