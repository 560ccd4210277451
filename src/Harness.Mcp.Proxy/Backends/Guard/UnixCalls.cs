using System.Runtime.InteropServices;

namespace Harness.Mcp.Proxy.Backends.Guard;

/// <summary>The system calls that .NET does not offer: sessions, groups, reaping, and a spawn with clean signals.</summary>
internal static partial class UnixCalls
{
    public const int SignalKill = 9;
    public const int Interrupted = 4;

    private const int WriteAccess = 2;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const int SetChildSubreaper = 36;

    // POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK, the same on Linux and macOS.
    private const short CleanSignals = 4 | 8;

    // Larger than posix_spawnattr_t (336 bytes) and sigset_t (128 bytes) of any C library in use.
    private const int AttributesBytes = 1024;
    private const int SignalSetBytes = 256;

    /// <summary>Whether this process may write a file, or in a folder, by the rights that it has.</summary>
    public static bool MayWrite(string path) => Access(path, WriteAccess) == 0;

    public static void MarkCloseOnExec(int descriptor) => _ = Fcntl(descriptor, SetDescriptorFlags, CloseOnExec);

    /// <summary>Makes orphans of our descendants our own children, so that none escapes; Linux alone knows this.</summary>
    public static void AdoptOrphans()
    {
        if (OperatingSystem.IsLinux())
            _ = Prctl(SetChildSubreaper, 1, 0, 0, 0);
    }

    /// <summary>Starts a program that inherits the three standard streams, with every signal at its default. Returns an error number, 0 for success.</summary>
    public static unsafe int Spawn(string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, out int pid)
    {
        var argv = ToVector([path, .. arguments]);
        var envp = ToVector([.. environment.Select(pair => $"{pair.Key}={pair.Value}")]);
        var attributes = NativeMemory.AllocZeroed(AttributesBytes);
        var signals = NativeMemory.AllocZeroed(SignalSetBytes);
        try
        {
            _ = SpawnAttributesInit(attributes);
            _ = SignalSetEmpty(signals);
            _ = SpawnAttributesSetMask(attributes, signals);
            _ = SignalSetFill(signals);
            _ = SpawnAttributesSetDefault(attributes, signals);
            _ = SpawnAttributesSetFlags(attributes, CleanSignals);
            return PosixSpawn(out pid, path, null, attributes, argv, envp);
        }
        finally
        {
            _ = SpawnAttributesDestroy(attributes);
            NativeMemory.Free(attributes);
            NativeMemory.Free(signals);
            FreeVector(argv);
            FreeVector(envp);
        }
    }

    private static unsafe byte** ToVector(string[] texts)
    {
        var vector = (byte**)NativeMemory.AllocZeroed((nuint)(texts.Length + 1), (nuint)sizeof(byte*));
        for (var index = 0; index < texts.Length; index++)
            vector[index] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[index]);
        return vector;
    }

    private static unsafe void FreeVector(byte** vector)
    {
        for (var item = vector; *item is not null; item++)
            Marshal.FreeCoTaskMem((nint)(*item));
        NativeMemory.Free(vector);
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    public static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int code);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, out byte value, nuint count);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int PosixSpawn(out int pid, string path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int SpawnAttributesInit(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int SpawnAttributesDestroy(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static unsafe partial int SpawnAttributesSetMask(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static unsafe partial int SpawnAttributesSetDefault(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int SpawnAttributesSetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static unsafe partial int SignalSetEmpty(void* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static unsafe partial int SignalSetFill(void* signals);
}
