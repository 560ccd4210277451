using Harness.Mcp.Benchmarks.Calls;

#pragma warning disable MA0047 // Name and place are the runtime's.

/// <summary>What the runtime calls before a program's own code, where its environment names this assembly.</summary>
internal static class StartupHook
{
    public static void Initialize() => ProcessMeter.Serve();
}
