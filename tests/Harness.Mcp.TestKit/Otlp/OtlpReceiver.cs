using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.TestKit.Otlp;

/// <summary>
/// A collector for tests that speaks the real protocol on loopback: OTLP/HTTP with protobuf bodies at <see cref="HttpEndpoint"/>,
/// OTLP/gRPC at <see cref="GrpcEndpoint"/>. It keeps all records, and wakes those who wait as they arrive.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private const string Protobuf = "application/x-protobuf";
    private const int GrpcPrefixBytes = 5; // One byte that tells of compression, four of length.

    private readonly WebApplication _application;
    private readonly Lock _lock = new();
    private readonly List<ByteString> _requests = [];
    private OtlpRecords _records = OtlpRecords.Empty;
    private TaskCompletionSource _arrival = NewSignal();

    private OtlpReceiver(WebApplication application) => _application = application;

    /// <summary>For `OTEL_EXPORTER_OTLP_ENDPOINT` with `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`.</summary>
    public Uri HttpEndpoint => new(_application.Urls.First());

    /// <summary>For `OTEL_EXPORTER_OTLP_ENDPOINT` with `OTEL_EXPORTER_OTLP_PROTOCOL=grpc`, its default.</summary>
    public Uri GrpcEndpoint => new(_application.Urls.Last());

    public OtlpRecords Records
    {
        get
        {
            lock (_lock)
                return _records;
        }
    }

    /// <summary>Whether a text stands anywhere in the bytes that came, whatever the field.</summary>
    public bool Holds(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        lock (_lock)
            return _requests.Exists(request => request.Span.IndexOf(bytes) >= 0);
    }

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });

        var application = builder.Build();
        var receiver = new OtlpReceiver(application);
        receiver.Map("/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", receiver.TakeSpans);
        receiver.Map("/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", receiver.TakeMetrics);
        receiver.Map("/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", receiver.TakeLogs);
        await application.StartAsync();
        return receiver;
    }

    /// <summary>Waits until the records satisfy <paramref name="isEnough"/>, and returns them.</summary>
    /// <exception cref="TimeoutException">They did not within <paramref name="limit"/> (30 seconds by default); the message lists the spans that came.</exception>
    public async Task<OtlpRecords> WaitUntilAsync(
        Func<OtlpRecords, bool> isEnough, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit ?? TimeSpan.FromSeconds(30));
        while (true)
        {
            var (records, arrival) = Observe();
            if (isEnough(records))
                return records;

            try
            {
                await arrival.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException elapsed) when (!cancellationToken.IsCancellationRequested)
            {
                var names = string.Join(", ", records.Spans.Select(span => $"`{span.Name}`"));
                throw new TimeoutException(
                    $"The awaited records did not arrive. Spans so far: {names}. Metric points: {records.Metrics.Length}. Log records: {records.Logs.Length}.",
                    elapsed);
            }
        }
    }

    /// <summary>Waits for a span, and returns the first that satisfies <paramref name="isWanted"/>.</summary>
    public async Task<OtlpSpan> WaitForSpanAsync(
        Func<OtlpSpan, bool> isWanted, TimeSpan? limit = null, CancellationToken cancellationToken = default) =>
        (await WaitUntilAsync(records => records.Spans.Any(isWanted), limit, cancellationToken)).Spans.First(isWanted);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private (OtlpRecords Records, Task Arrival) Observe()
    {
        lock (_lock)
            return (_records, _arrival.Task);
    }

    private void TakeSpans(ByteString request)
    {
        var spans = OtlpDecoder.Spans(request);
        Take(request, records => records with { Spans = records.Spans.AddRange(spans) });
    }

    private void TakeMetrics(ByteString request)
    {
        var points = OtlpDecoder.Metrics(request);
        Take(request, records => records with { Metrics = records.Metrics.AddRange(points) });
    }

    private void TakeLogs(ByteString request)
    {
        var logs = OtlpDecoder.Logs(request);
        Take(request, records => records with { Logs = records.Logs.AddRange(logs) });
    }

    private void Take(ByteString request, Func<OtlpRecords, OtlpRecords> add)
    {
        TaskCompletionSource arrived;
        lock (_lock)
        {
            _requests.Add(request);
            _records = add(_records);
            (arrived, _arrival) = (_arrival, NewSignal());
        }

        arrived.SetResult();
    }

    private void Map(string httpPath, string grpcPath, Action<ByteString> take)
    {
        _application.MapPost(httpPath, exchange => AnswerHttpAsync(exchange, take));
        _application.MapPost(grpcPath, exchange => AnswerGrpcAsync(exchange, take));
    }

    private static async Task AnswerHttpAsync(HttpContext exchange, Action<ByteString> take)
    {
        if (exchange.Request.ContentType != Protobuf)
        {
            exchange.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        take(await ReadAsync(exchange.Request.Body, exchange.Request.Headers.ContentEncoding == "gzip", exchange.RequestAborted));
        exchange.Response.ContentType = Protobuf; // An empty body is the empty response message: everything was taken.
    }

    private static async Task AnswerGrpcAsync(HttpContext exchange, Action<ByteString> take)
    {
        var frame = await ReadAsync(exchange.Request.Body, isCompressed: false, exchange.RequestAborted);
        var length = BinaryPrimitives.ReadInt32BigEndian(frame.Span[1..GrpcPrefixBytes]);
        if (length != frame.Length - GrpcPrefixBytes)
            throw new InvalidDataException("A unary gRPC request holds exactly one message.");

        using var message = new MemoryStream(frame.Span[GrpcPrefixBytes..].ToArray());
        take(await ReadAsync(message, isCompressed: frame[0] == 1, exchange.RequestAborted));

        exchange.Response.ContentType = "application/grpc";
        await exchange.Response.Body.WriteAsync(new byte[GrpcPrefixBytes], exchange.RequestAborted);
        exchange.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task<ByteString> ReadAsync(Stream body, bool isCompressed, CancellationToken cancellationToken)
    {
        if (!isCompressed)
            return await ByteString.FromStreamAsync(body, cancellationToken);

        await using var inflated = new GZipStream(body, CompressionMode.Decompress);
        return await ByteString.FromStreamAsync(inflated, cancellationToken);
    }
}
