using System.Collections;
using System.Reflection;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Resources;

namespace Harness.Mcp.Hosting;

/// <summary>
/// Traces, metrics and logs by OTLP, where the standard environment variables name a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`, or that of one
/// signal). Exporters drop what they cannot send in time: the chain store is the record, this is its projection.
/// </summary>
internal static class Telemetry
{
    /// <summary>The variables that name a collector: the first one for all signals, the others for one.</summary>
    public static IReadOnlyList<string> EndpointVariables { get; } =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    public static string Version { get; } =
        typeof(Telemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>The standard variables under their own names, for the configuration: OpenTelemetry reads them there and nowhere else.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> StandardVariables =>
        from DictionaryEntry variable in Environment.GetEnvironmentVariables()
        where ((string)variable.Key).StartsWith("OTEL_", StringComparison.Ordinal)
        select KeyValuePair.Create((string)variable.Key, (string?)variable.Value);

    public static bool HasCollector => EndpointVariables.Any(name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));

    public static void AddHarnessTelemetry(this IServiceCollection services)
    {
        if (!HasCollector)
            return;

        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("harness-mcp", serviceVersion: Version))
            .WithTracing(tracing => tracing.AddSource(HarnessTelemetry.Name))
            .WithMetrics(metrics => metrics.AddMeter(HarnessTelemetry.Name))
            .WithLogging(configureBuilder: null, configureOptions: logs => logs.IncludeScopes = true)
            .UseOtlpExporter();
    }
}
