using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Wire.Reads;

/// <summary>
/// Tells listeners that a list of their mission's resources, templates or prompts changed. Changes that come faster than the agent can be told become one
/// notice, the last change is always told, and a list that is the same again for this mission is none.
/// </summary>
internal sealed class ReadNotices : IDisposable
{
    private readonly IMissionReads _reads;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private ImmutableList<Listener> _listeners = [];

    public ReadNotices(IMissionReads reads, IOptions<WireOptions> options, TimeProvider time)
    {
        (_reads, _interval, _time) = (reads, options.Value.ListNoticeInterval, time);
        reads.ListChanged += Wake;
    }

    /// <summary>Begins to listen: no change after this call is missed.</summary>
    public async Task<Listener> ListenAsync(MissionId mission, CancellationToken cancellationToken)
    {
        var listener = new Listener(this, mission);
        lock (_lock)
            _listeners = _listeners.Add(listener);
        await listener.BeginAsync(cancellationToken);
        return listener;
    }

    public void Dispose() => _reads.ListChanged -= Wake;

    /// <summary>Every listener looks for itself whether its mission's list is another one.</summary>
    private void Wake(ReadList list)
    {
        foreach (var listener in Volatile.Read(ref _listeners)) listener.Wake();
    }

    private void Leave(Listener listener)
    {
        lock (_lock)
            _listeners = _listeners.Remove(listener);
    }

    internal sealed class Listener(ReadNotices notices, MissionId mission) : IDisposable
    {
        private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private (string Resources, string Prompts) _told = ("", "");

        /// <summary>Sends a notice for each list that changed, until cancelled.</summary>
        /// <param name="send">Gets the method of the notice.</param>
        public async Task RunAsync(Func<string, CancellationToken, Task> send, CancellationToken cancellationToken)
        {
            await foreach (var _ in _changes.Reader.ReadAllAsync(cancellationToken))
            {
                var now = await SeenAsync(cancellationToken);
                var before = _told;
                _told = now;
                if (!string.Equals(now.Resources, before.Resources, StringComparison.Ordinal)) await send(Methods.ResourcesChanged, cancellationToken);
                if (!string.Equals(now.Prompts, before.Prompts, StringComparison.Ordinal)) await send(Methods.PromptsChanged, cancellationToken);
                await Task.Delay(notices._interval, notices._time, cancellationToken);
            }
        }

        public async Task BeginAsync(CancellationToken cancellationToken) => _told = await SeenAsync(cancellationToken);

        public void Wake() => _changes.Writer.TryWrite(true);

        public void Dispose() => notices.Leave(this);

        private async Task<(string Resources, string Prompts)> SeenAsync(CancellationToken cancellationToken) => (
            await DigestAsync(ReadList.Resources, cancellationToken) + await DigestAsync(ReadList.Templates, cancellationToken),
            await DigestAsync(ReadList.Prompts, cancellationToken));

        private async Task<string> DigestAsync(ReadList list, CancellationToken cancellationToken)
        {
            if (await notices._reads.ListAsync(mission, list, cancellationToken) is not ReadListing.Reads(var listed)) return "";

            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var read in listed)
            {
                digest.AppendData(Encoding.UTF8.GetBytes(read.Key));
                digest.AppendData("\n"u8);
                digest.AppendData(Encoding.UTF8.GetBytes(read.Definition.GetRawText()));
                digest.AppendData("\n"u8);
            }

            return Convert.ToHexString(digest.GetHashAndReset());
        }
    }
}
