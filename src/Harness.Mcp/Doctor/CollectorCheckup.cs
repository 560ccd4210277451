using System.Net.Sockets;
using Harness.Mcp.Hosting;

namespace Harness.Mcp.Doctor;

/// <summary>The OpenTelemetry collector, where the environment names one. Without it nothing is lost but the projection: the chain is the record.</summary>
internal static class CollectorCheckup
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Examination home, CancellationToken cancellationToken)
    {
        var findings = home.Begin("collector");
        var named = Telemetry.EndpointVariables
            .Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
            .Where(variable => !string.IsNullOrEmpty(variable.Value))
            .ToList();
        if (named.Count == 0)
        {
            findings.Ok("No collector is named here (`OTEL_EXPORTER_OTLP_ENDPOINT`): no traces are sent; the chains hold everything.");
            return;
        }

        foreach (var (name, value) in named)
        {
            if (!Uri.TryCreate(value, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                findings.Fail($"`{name}` is no http or https address: `{value}`.", "Write it as `http://127.0.0.1:4317`.");
            else if (home.IsOffline || await IsReachedAsync(address, cancellationToken))
                findings.Ok($"{(home.IsOffline ? "Traces go to" : "A collector listens at")} `{address.GetLeftPart(UriPartial.Authority)}` (`{name}`).");
            else
                findings.Warn($"No collector listens at `{address.GetLeftPart(UriPartial.Authority)}` (`{name}`): traces are dropped; the chains hold everything.", "Start it, or correct the address; the port is 4317 for gRPC and 4318 for HTTP.");
        }
    }

    private static async Task<bool> IsReachedAsync(Uri address, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host.Trim('[', ']'), address.Port, limit.Token);
            return true;
        }
        catch (Exception failure) when (failure is SocketException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
