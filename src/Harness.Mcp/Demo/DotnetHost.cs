using System.Runtime.InteropServices;

namespace Harness.Mcp.Demo;

/// <summary>The `dotnet` that runs the sample programs.</summary>
internal static class DotnetHost
{
    /// <summary>
    /// Puts the folder of the `dotnet` that this process runs on in front of PATH, where it is known: the sample backends are started by
    /// name, and an SDK that was unpacked into a home directory is often not in PATH.
    /// </summary>
    public static void PutIntoPath()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/ for a program on the shared framework.
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        if (!File.Exists(Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet")))
            return;

        var path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", string.IsNullOrEmpty(path) ? root : $"{root}{Path.PathSeparator}{path}");
    }
}
