using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>
/// The resources whose changes are asked for on one channel. An older backend is asked for each by `resources/subscribe`; a modern one by one
/// `subscriptions/listen` for all of them, which is asked anew when the set changes. It stands between the wire and who follows the lists.
/// </summary>
/// <param name="lists">Told what concerns the backend's lists.</param>
internal sealed class ResourceUpdates(IWireReceiver lists) : IWireReceiver, IDisposable
{
    private static readonly TimeSpan PauseLeast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMost = TimeSpan.FromMinutes(1);

    private readonly Lock _access = new();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Dictionary<string, List<Action<string>>> _watchers = new(StringComparer.Ordinal);
    private BackendRequester? _requester;
    private EraSettled? _era;
    private TimeSpan _limit;
    private CancellationTokenSource? _stream;
    private volatile bool _isOver;

    public void OnListChanged(ListKinds kinds) => lists.OnListChanged(kinds);

    /// <summary>Tells who watches the resource, or one that it is a part of.</summary>
    public void OnResourceUpdated(string uri)
    {
        Action<string>[] told;
        lock (_access)
            told = [.. _watchers.Where(pair => ResourceUri.IsWithin(uri, pair.Key)).SelectMany(pair => pair.Value)];
        foreach (var tell in told)
            tell(uri);
    }

    /// <summary>Says how the channel is spoken with; before that nothing can be watched.</summary>
    /// <param name="limit">Longest time for one request.</param>
    public void Open(BackendRequester requester, EraSettled era, TimeSpan limit) => (_requester, _era, _limit) = (requester, era, limit);

    /// <summary>Begins to watch; when this returns the backend has agreed.</summary>
    /// <exception cref="WireException">The backend does not agree.</exception>
    public async Task AddAsync(string uri, Action<string> updated, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            lock (_access)
            {
                if (_watchers.TryGetValue(uri, out var known))
                {
                    known.Add(updated);
                    return;
                }

                _watchers[uri] = [updated];
            }

            try
            {
                await AskAsync("resources/subscribe", uri, cancellationToken);
            }
            catch
            {
                lock (_access)
                    _watchers.Remove(uri);
                throw;
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Ends what <see cref="AddAsync"/> began. A backend that does not answer is left alone.</summary>
    public async Task RemoveAsync(string uri, Action<string> updated)
    {
        await _changing.WaitAsync();
        try
        {
            lock (_access)
            {
                if (!_watchers.TryGetValue(uri, out var known) || !known.Remove(updated) || known.Count > 0)
                    return;
                _watchers.Remove(uri);
            }

            await AskAsync("resources/unsubscribe", uri, CancellationToken.None);
        }
        catch (WireException)
        {
            // It goes on telling, and nobody listens.
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Asks for everything again, after a session or a stream was lost, and tells who watches: changes in between went unheard.</summary>
    /// <returns>False where the backend does not agree.</returns>
    public async Task<bool> AskAgainAsync()
    {
        await _changing.WaitAsync();
        try
        {
            string[] all;
            lock (_access)
                all = [.. _watchers.Keys];
            foreach (var uri in _era is { IsModern: true } ? all.Take(1) : all)
                await AskAsync("resources/subscribe", uri, CancellationToken.None);
            foreach (var uri in all)
                OnResourceUpdated(uri);
            return true;
        }
        catch (WireException)
        {
            return false;
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose()
    {
        _isOver = true;
        if (_stream is { } stream)
            _ = HttpRequests.CancelAsync(stream);
    }

    private Task AskAsync(string method, string uri, CancellationToken cancellationToken)
    {
        if (_requester is not { } requester || _era is not { } era)
            throw new WireException("The channel is not open.");
        return era.IsModern ? ListenAsync(requester, era, cancellationToken) : SubscribeAsync(requester, era, method, uri, cancellationToken);
    }

    private async Task SubscribeAsync(BackendRequester requester, EraSettled era, string method, string uri, CancellationToken cancellationToken)
    {
        // Over HTTP, what nobody asked for at that moment comes on a stream of its own, which must be open before the first change.
        if (method == "resources/subscribe")
            await Task.WhenAny(requester.Wire.ListenAsync(), Task.Delay(HttpRequests.CourtesyLimit, cancellationToken));

        // Nobody waits long for a backend that was only to stop telling.
        var limit = method == "resources/unsubscribe" && _limit > HttpRequests.CourtesyLimit ? HttpRequests.CourtesyLimit : _limit;
        var end = await requester.RequestAsync(method, era, writer => writer.WriteString("uri"u8, uri), limit, cancellationToken);
        if (end is not ExchangeEnd.Result)
            throw new WireException(end is ExchangeEnd.Error { Code: var code } ? $"The backend answered `{method}` with the error {code}." : $"The backend did not answer `{method}`.");
    }

    /// <summary>A new stream for the set as it is now; the old one ends when the new one is agreed on, so that nothing is missed in between.</summary>
    private async Task ListenAsync(BackendRequester requester, EraSettled era, CancellationToken cancellationToken)
    {
        string[] all;
        lock (_access)
            all = [.. _watchers.Keys.Order(StringComparer.Ordinal)];
        var before = _stream;
        _stream = null;
        if (all.Length > 0)
        {
            var stream = new CancellationTokenSource();
            var agreed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _stream = stream;
            var ended = requester.RequestAsync(
                "subscriptions/listen", era, writer => Write(writer, era, all), Timeout.InfiniteTimeSpan, stream.Token, _ => agreed.TrySetResult());
            if (await Task.WhenAny(agreed.Task, ended, Task.Delay(_limit, cancellationToken)) != agreed.Task)
            {
                // The old stream still tells of the resources that were watched before.
                _stream = before;
                await HttpRequests.CancelAsync(stream);
                throw new WireException("The backend did not agree to announce changes of the resource.");
            }

            _ = FollowAsync(ended, stream);
        }

        if (before is not null)
            await HttpRequests.CancelAsync(before);
    }

    /// <summary>A stream that ends by itself is asked for anew, with growing pauses.</summary>
    private async Task FollowAsync(Task<ExchangeEnd> ended, CancellationTokenSource stream)
    {
        try
        {
            await ended;
        }
        catch (OperationCanceledException)
        {
            return; // We ended it ourselves.
        }
        finally
        {
            stream.Dispose();
        }

        for (var pause = PauseLeast; !_isOver && ReferenceEquals(_stream, stream); pause = pause * 2 < PauseMost ? pause * 2 : PauseMost)
        {
            await Task.Delay(pause);
            if (!_isOver && ReferenceEquals(_stream, stream) && await AskAgainAsync())
                return;
        }
    }

    private static void Write(Utf8JsonWriter writer, EraSettled era, string[] uris)
    {
        RequestMeta.Write(writer, era, null, null, null);
        writer.WriteStartObject("notifications"u8);
        writer.WriteStartArray("resourceSubscriptions"u8);
        foreach (var uri in uris)
            writer.WriteStringValue(uri);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
