using System.Security.Cryptography;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>The key of the request-state seal, kept in the home's state folder and readable by its owner alone, so that a restart does not break what agents hold.</summary>
internal static class RequestStateKey
{
    public const string FileName = "request-state.key";

    private const int Length = 32;

    /// <summary>Reads the key, or makes one where there is none, or none of the right length.</summary>
    /// <param name="folder">`state`; made where it is not there.</param>
    /// <exception cref="IOException">It can neither be read nor written.</exception>
    public static byte[] ReadOrMake(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: Length } known)
            return known;

        Directory.CreateDirectory(folder);
        var key = RandomNumberGenerator.GetBytes(Length);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(key);
        file.Flush(flushToDisk: true);
        return key;
    }
}
