using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>The prompts that the conformance suite gets by name, as its scenario descriptions define them.</summary>
[McpServerPromptType]
internal sealed class DiagnosticPrompts
{
    [McpServerPrompt(Name = "test_simple_prompt"), Description("A prompt without arguments.")]
    public static PromptMessage Simple() => User(new TextContentBlock { Text = "This is a simple prompt for testing." });

    [McpServerPrompt(Name = "test_prompt_with_arguments"), Description("A prompt with two arguments.")]
    public static PromptMessage WithArguments([Description("First test argument.")] string arg1, [Description("Second test argument.")] string arg2) =>
        User(new TextContentBlock { Text = $"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'" });

    [McpServerPrompt(Name = "test_prompt_with_embedded_resource"), Description("A prompt that embeds a resource.")]
    public static IEnumerable<PromptMessage> WithResource([Description("URI of the resource to embed.")] string resourceUri) =>
    [
        User(new EmbeddedResourceBlock
        {
            Resource = new TextResourceContents { Uri = resourceUri, MimeType = "text/plain", Text = "Embedded resource content for testing." },
        }),
        User(new TextContentBlock { Text = "Please process the embedded resource above." }),
    ];

    [McpServerPrompt(Name = "test_prompt_with_image"), Description("A prompt with an image.")]
    public static IEnumerable<PromptMessage> WithImage() =>
    [
        User(ImageContentBlock.FromBytes(DiagnosticTools.Png, "image/png")),
        User(new TextContentBlock { Text = "Please analyze the image above." }),
    ];

    [McpServerPrompt(Name = "test_input_required_result_prompt"), Description("A prompt that asks for its context.")]
    public static PromptMessage Asking(RequestContext<GetPromptRequestParams> request) => User(new TextContentBlock
    {
        Text = "Context: " + AskingTools.Answer(request.Params, "user_context", """
            { "method": "elicitation/create", "params": { "message": "What context should the prompt use?",
              "requestedSchema": { "type": "object", "properties": { "context": { "type": "string" } }, "required": ["context"] } } }
            """),
    });

    private static PromptMessage User(ContentBlock content) => new() { Role = Role.User, Content = content };
}
