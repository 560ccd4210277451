using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>
/// What a program of another process has allocated and used of the processor since it began. The program is told of it by its environment
/// alone: the runtime loads the <see cref="StartupHook"/> of this assembly into it, which answers on a socket.
/// </summary>
internal sealed class ProcessMeter(string socket)
{
    private const string SocketVariable = "HARNESS_BENCHMARK_METER";

    /// <summary>What the metered program must find in its environment.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["DOTNET_STARTUP_HOOKS"] = typeof(ProcessMeter).Assembly.Location,
        [SocketVariable] = socket,
    };

    public async Task<Reading> ReadAsync(CancellationToken cancellationToken)
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
        await using var stream = new NetworkStream(connection);
        using var reader = new StreamReader(stream);
        var figures = (await reader.ReadToEndAsync(cancellationToken)).Split(' ');
        return new Reading(long.Parse(figures[0], CultureInfo.InvariantCulture), double.Parse(figures[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Runs in the metered program.</summary>
    public static void Serve()
    {
        if (System.Environment.GetEnvironmentVariable(SocketVariable) is not { Length: > 0 } path)
            return;

        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        new Thread(() =>
        {
            while (true)
            {
                using var connection = listener.Accept();
                var used = Process.GetCurrentProcess().TotalProcessorTime.TotalMicroseconds;
                connection.Send(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{GC.GetTotalAllocatedBytes()} {used}")));
            }
        })
        { IsBackground = true, Name = "benchmark meter" }.Start();
    }

    /// <param name="Bytes">Allocated on the managed heap.</param>
    /// <param name="Microseconds">Of processor time, over all processors.</param>
    internal readonly record struct Reading(long Bytes, double Microseconds);
}
