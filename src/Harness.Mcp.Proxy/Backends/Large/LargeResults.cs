using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Large;

/// <summary>
/// Results that are too large to be answered at once: files in `state/results`, one folder a mission, that their owner alone can read. They are kept until the mission
/// is over, and bounded each and together: what does not fit is not kept, and then not answered.
/// </summary>
internal sealed class LargeResults
{
    public const long ResultBytesMax = 256L * 1024 * 1024;
    public const long TotalBytesMax = 1024L * 1024 * 1024;

    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private const string Incoming = "incoming";

    private readonly string _folder;
    private readonly long _resultBytesMax;
    private readonly long _totalBytesMax;
    private long _used;

    /// <param name="folder">`state/results`; made when it is first needed.</param>
    public LargeResults(string folder, long resultBytesMax = ResultBytesMax, long totalBytesMax = TotalBytesMax)
    {
        (_folder, _resultBytesMax, _totalBytesMax) = (folder, resultBytesMax, totalBytesMax);
        if (!Directory.Exists(folder))
            return;

        // What an earlier run was reading when it ended is of no use.
        foreach (var half in Directory.EnumerateFiles(folder, Incoming + "-*"))
            TryDelete(half);
        _used = new DirectoryInfo(folder).EnumerateFiles("*.json", SearchOption.AllDirectories).Sum(file => file.Length);
    }

    /// <summary>The missions of which something is kept.</summary>
    public ImmutableArray<MissionId> Missions => Directory.Exists(_folder)
        ? [.. Directory.EnumerateDirectories(_folder).Select(path => new MissionId(Path.GetFileName(path)))]
        : [];

    /// <summary>Begins to write a message down.</summary>
    /// <exception cref="LineTooLongException">No file can be written.</exception>
    public Spool Begin()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        try
        {
            MakeFolder(_folder);
            return new Spool(this, new FileStream(Path.Combine(_folder, $"{Incoming}-{Guid.NewGuid():N}"), options), _resultBytesMax);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new LineTooLongException(0);
        }
    }

    /// <summary>Keeps the result of a call for its mission.</summary>
    /// <param name="tool">Whose result it is; a read of it has these labels.</param>
    /// <returns>Null where it cannot be kept.</returns>
    public LargeResult? Keep(Spool spool, SpooledAnswer answer, MissionId mission, CallId call, ToolFacts tool)
    {
        var kept = new LargeResult(call.ToString(), tool.Id.Backend.Value, tool.Id.Name, tool.Domain, tool.Labels.All, tool.Definition.Value, answer.Start, answer.Length, answer.IsError);
        try
        {
            var folder = Path.Combine(_folder, mission.Value);
            MakeFolder(folder);
            spool.Keep(Path.Combine(folder, kept.Call + ".json"));
            var facts = Path.Combine(folder, kept.Call + ".facts");
            File.WriteAllBytes(facts, JsonSerializer.SerializeToUtf8Bytes(kept, LargeJson.Default.LargeResult));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(facts, OwnerFile);
            return kept;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Null where nothing of the call is kept for the mission.</summary>
    public LargeResult? Find(MissionId mission, string call)
    {
        if (!MissionId.IsWellFormed(mission.Value) || !Guid.TryParse(call, out _))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(_folder, mission.Value, call + ".facts")), LargeJson.Default.LargeResult);
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A piece of a result: whole characters, from <paramref name="offset"/> on.</summary>
    /// <returns>Null where the file cannot be read, or the piece lies outside.</returns>
    public async Task<byte[]?> ReadAsync(MissionId mission, LargeResult result, long offset, int bytes, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset >= result.Length)
            return null;
        try
        {
            await using var file = new FileStream(Path.Combine(_folder, mission.Value, result.Call + ".json"), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            file.Position = result.Start + offset;
            var piece = new byte[Math.Min(bytes, result.Length - offset)];
            await file.ReadExactlyAsync(piece, cancellationToken);
            var (from, to) = (0, piece.Length);
            while (from < to && offset > 0 && IsInside(piece[from]))
                from++;
            if (offset + piece.Length < result.Length)
                to = LastWhole(piece);
            return piece[from..Math.Max(from, to)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The digest of a result's bytes as they came.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<Digest> DigestAsync(MissionId mission, LargeResult result, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path.Combine(_folder, mission.Value, result.Call + ".json"), FileMode.Open, FileAccess.Read, FileShare.Read);
        file.Position = result.Start;
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        for (var left = result.Length; left > 0;)
        {
            var count = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken);
            if (count == 0)
                throw new IOException("The file is shorter than it was.");
            digest.AppendData(buffer, 0, count);
            left -= count;
        }

        return new Digest(Digest.Prefix + Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    /// <summary>Removes all that is kept for a mission that is over.</summary>
    public void Forget(MissionId mission)
    {
        var folder = new DirectoryInfo(Path.Combine(_folder, mission.Value));
        try
        {
            var bytes = folder.EnumerateFiles("*.json").Sum(file => file.Length);
            folder.Delete(recursive: true);
            Release(bytes);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next round tries again.
        }
    }

    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= _totalBytesMax)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);

    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next start removes it.
        }
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerFolder);
    }

    /// <summary>Whether a byte goes on with a character that began before it, in UTF-8.</summary>
    private static bool IsInside(byte one) => (one & 0xC0) == 0x80;

    private static int LastWhole(byte[] piece)
    {
        var start = piece.Length;
        while (start > 0 && piece.Length - start < 4 && IsInside(piece[start - 1]))
            start--;
        if (start == 0)
            return piece.Length;
        var lead = piece[start - 1];
        var needs = lead switch { < 0x80 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        return piece.Length - start + 1 >= needs ? piece.Length : start - 1;
    }
}

/// <summary>A large result that is kept.</summary>
/// <param name="Call">The id of the call that brought it.</param>
/// <param name="Labels">All labels of its tool: the read of any part of it has them.</param>
/// <param name="Definition">Digest of the tool's definition at the call.</param>
/// <param name="Start">Where the result begins in its file, in bytes.</param>
/// <param name="Length">In bytes.</param>
internal sealed record LargeResult(
    string Call, string Backend, string Tool, string Domain, ImmutableArray<string> Labels, string Definition, long Start, long Length, bool IsError);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LargeResult))]
internal sealed partial class LargeJson : JsonSerializerContext;
