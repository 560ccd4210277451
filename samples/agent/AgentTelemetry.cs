using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Harness.Mcp.Samples.Agent;

/// <summary>
/// The agent's own spans. They are made even if nobody receives them, so that each tool call carries a trace context and the
/// proxy's spans hang below the agent's.
/// </summary>
internal static class AgentTelemetry
{
    public const string Name = "Samples.Agent";

    public static readonly ActivitySource Source = new(Name);

    public static TracerProvider? Start()
    {
        var provider = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("demo-agent"))
            .AddSource(Name, "Experimental.ModelContextProtocol");
        return Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
            ? provider.AddOtlpExporter().Build()
            : provider.Build();
    }
}
