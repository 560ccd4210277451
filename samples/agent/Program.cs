using Harness.Mcp.Samples.Agent;

if (AgentArguments.Parse(args) is not { } given)
{
    await Console.Error.WriteLineAsync(AgentArguments.Usage);
    return 2;
}

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};

try
{
    using var telemetry = AgentTelemetry.Start();
    using var model = AgentModel.FromEnvironment(Environment.GetEnvironmentVariable);
    await DemoAgent.RunAsync(given, model, Console.Out, interrupted.Token);
    return 0;
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    return 130;
}
catch (Exception failure) when (failure is HttpRequestException or IOException or TimeoutException or ModelContextProtocol.McpException or System.ClientModel.ClientResultException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync($"The agent could not work at {given.Endpoint}: {failure.Message}");
    return 1;
}
