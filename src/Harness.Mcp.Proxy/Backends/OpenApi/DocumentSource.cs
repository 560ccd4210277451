using System.Net;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.Proxy.Documents;
using Microsoft.OpenApi;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Gets a backend's document, from its file or its address, and reads it.</summary>
/// <param name="limits">`messageBytes` bounds the document, `timeouts.connect` the time to fetch it.</param>
internal sealed class DocumentSource(BackendConnection.OpenApi connection, HttpMessageInvoker client, BackendLimits limits, TimeProvider time)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = DocumentJson.DepthMax };

    /// <exception cref="WireException">There is no document, or it cannot be used.</exception>
    public async Task<ApiDescription> LoadAsync(CancellationToken cancellationToken)
    {
        var bytes = connection.Document.IsFile ? await ReadAsync(connection.Document.LocalPath, cancellationToken) : await FetchAsync(cancellationToken);
        var ownHeaders = connection.Headers.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return DocumentReader.Read(Parse(bytes), BaseOf, ownHeaders);
    }

    private async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return await BoundedAsync(file, file.CanSeek ? file.Length : null, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new WireException($"The document `{Path.GetFileName(path)}` cannot be read: {failure.Message}", failure);
        }
    }

    private async Task<byte[]> FetchAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(limits.Connect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, connection.Document);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, application/yaml;q=0.9, */*;q=0.5");

        // The credentials are for the service: whoever else keeps its document does not get them.
        if (connection.Base is { } under && IsSameOrigin(under, connection.Document))
            foreach (var (name, value) in connection.Headers)
                request.Headers.TryAddWithoutValidation(name, value.Value);
        try
        {
            using var response = await client.SendAsync(request, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new WireException($"The document cannot be fetched: HTTP {(int)response.StatusCode}{((int)response.StatusCode is >= 300 and < 400 ? ", a redirect, which is never followed" : "")}.");
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            return await BoundedAsync(body, response.Content.Headers.ContentLength, either.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new WireException(HttpRequests.Unreachable(failure) is null ? "The document cannot be fetched: the connection broke off." : $"The document cannot be fetched: {VisibleText.Escape(failure.Message)}", failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WireException($"The document was not there in {limits.Connect.TotalSeconds:0.###} s.", failure);
        }
    }

    private async Task<byte[]> BoundedAsync(Stream stream, long? length, CancellationToken cancellationToken)
    {
        try
        {
            return await BoundedBody.ReadAsync(stream, length, limits.MessageBytesMax, cancellationToken);
        }
        catch (LineTooLongException failure)
        {
            throw new WireException($"The document is larger than {limits.MessageBytesMax} bytes; `limits.messageBytes` can allow more.", failure);
        }
    }

    private JsonElement Parse(byte[] bytes)
    {
        var text = bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsMemory(3) : bytes;
        try
        {
            if (text.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
            {
                using var document = JsonDocument.Parse(WholeCharacters.Of(text), Strict);
                return document.RootElement.Clone();
            }

            if (bytes.Length > YamlReader.BytesMax)
                throw new WireException($"The document is larger than {YamlReader.BytesMax} bytes, the most that is read of YAML: save it as JSON.");
            var read = YamlReader.Read(StrictUtf8.GetString(text.Span), Shown);
            return read.Value is { } tree ? DocumentJson.Write(tree) : throw new WireException($"The document cannot be read: {read.Problems[0]}");
        }
        catch (Exception failure) when (failure is JsonException or DecoderFallbackException)
        {
            throw new WireException($"The document cannot be read: {VisibleText.Escape(failure.Message)}", failure);
        }
    }

    private string Shown => connection.Document.IsFile ? Path.GetFileName(connection.Document.LocalPath) : "document";

    /// <summary>What an operation's path is under: what the owner says, else the first of the document's servers.</summary>
    private Uri BaseOf(IReadOnlyList<OpenApiServer> servers)
    {
        if (connection.Base is { } named)
            return named;
        if (servers.Count == 0)
            throw new OperationRefusedException("the document names no server for it: write `url` into the backend's file.");
        var text = servers[0].Variables?.Aggregate(servers[0].Url ?? "", (url, variable) => url.Replace($"{{{variable.Key}}}", variable.Value.Default ?? "", StringComparison.Ordinal)) ?? servers[0].Url ?? "";
        var shown = VisibleText.Escape(text);
        if (!(Uri.TryCreate(text, UriKind.Absolute, out var address) && !address.IsFile)
            && (connection.Document.IsFile || !Uri.TryCreate(connection.Document, text, out address)))
            throw new OperationRefusedException($"the document's server `{shown}` is no whole address: write `url` into the backend's file.");
        if (address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw new OperationRefusedException($"the document's server `{shown}` is no plain http or https address: write `url` into the backend's file.");

        var isNamed = !connection.Document.IsFile && IsSameOrigin(address, connection.Document);
        if (!isNamed && address.Scheme == "http" && !connection.AllowsPlainHttp)
            throw new OperationRefusedException($"the document's server `{shown}` is reached over plain http: write it into `url` of the backend's file, if that is what you want.");
        if (!isNamed && IPAddress.TryParse(address.Host.Trim('[', ']'), out var literal) && !EgressGuard.IsPublic(literal) || (!isNamed && address.IsLoopback))
            throw new OperationRefusedException($"the document's server `{shown}` is not a public address: write it into `url` of the backend's file, if that is what you want.");

        // Whoever writes a document that is fetched must not choose who gets the credentials.
        if (!isNamed && !connection.Document.IsFile && !connection.Headers.IsEmpty)
            throw new OperationRefusedException($"the document is fetched, and its server `{shown}` is another than its own: credentials go there only where `url` of the backend's file says so.");
        return address;
    }

    private static bool IsSameOrigin(Uri one, Uri other) => one.Scheme == other.Scheme && one.Authority == other.Authority;
}
