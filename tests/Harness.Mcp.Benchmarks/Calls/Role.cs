using System.Net;
using System.Net.Sockets;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>The other parts of a measurement, each a process of its own of this same program: `role backend URL TOOLS`, `role yarp URL BACKEND [RECORDS]`.</summary>
internal static class Role
{
    public static Task RunAsync(string[] args) => args switch
    {
        ["backend", var url, var toolsBeside] => EchoBackend.RunAsync(url, int.Parse(toolsBeside, System.Globalization.CultureInfo.InvariantCulture)),
        ["yarp", var url, var backend] => PlainProxy.RunAsync(url, backend),
        ["yarp", var url, var backend, var records] => PlainProxy.RunAsync(url, backend, records),
        _ => throw new ArgumentException("Roles: `backend URL TOOLS`, `yarp URL BACKEND [RECORDS]`.", nameof(args)),
    };

    // Not the process's own path, which is the host's where the program was started as `dotnet FILE.dll`.
    public static ChildProcess Start(params string[] args) =>
        ChildProcess.Start("dotnet", ["exec", typeof(Role).Assembly.Location, "role", .. args], AppContext.BaseDirectory);

    public static string FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
