using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Clients;

/// <summary>One running proxy for all clients: the scripted backend over stdio, and a mission that grants three of its tools and never permits one of them.</summary>
public sealed class ScriptedHome : IAsyncLifetime
{
    internal static string[] Tools { get; } = ["scripted_echo", "scripted_progress", "scripted_silent"];

    private readonly HomeUnderTest _home = new HomeUnderTest()
        .WithMission("""
            grants:
              - read: [scripted/echo, scripted/progress, scripted/silent]
            rules:
              - { id: say-something, on: [scripted/silent], forbid: 'call.tool == "scripted/silent"', say: Nobody would answer. Use the echo. }
            """)
        .WithScript("scripted", new Script());

    private RunningProxy? _proxy;

    internal string Mission { get; private set; } = "";

    internal RunningProxy Proxy => _proxy ?? throw new InvalidOperationException("The proxy was not started.");

    internal Uri Endpoint => Proxy.Endpoint(Mission);

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await NpmParts.InstallAsync(token);
        Mission = await _home.OpenMissionAsync(token);
        _proxy = await _home.RunAsync(token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        _home.Dispose();
    }
}
