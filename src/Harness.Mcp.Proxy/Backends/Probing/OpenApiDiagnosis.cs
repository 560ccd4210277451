using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>Why a service that an OpenAPI document describes cannot be used, and what its owner can do.</summary>
internal static class OpenApiDiagnosis
{
    /// <param name="why">What the wire says of the document.</param>
    public static ProbeResult.Failed Of(BackendConnection.OpenApi api, string why) => new(
        ProbeCause.Document,
        why,
        api.Document.IsFile
            ? "See that `openapi` names the document by its path from the home, and that it is OpenAPI 3 as JSON or YAML."
            : "See that `openapi` is the address of the document itself, OpenAPI 3 as JSON or YAML; a copy of it can also lie in the home.");

    /// <param name="silence">What came of the attempt to reach the service.</param>
    public static ProbeResult.Failed OfService(string silence) => new(
        ProbeCause.Unreachable, silence, "Start the service, or write where it is into `url`.");
}
