using System.Net.Http.Headers;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Writes a call as the HTTP request that its operation describes.</summary>
internal static class RequestWriter
{
    private const int AddressLengthMax = 16 * 1024;

    /// <summary>Sent to the service as it is written: nothing tidies the path up a second time.</summary>
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <exception cref="ArgumentRefusedException">The arguments cannot be written as a request.</exception>
    public static HttpRequestMessage Write(RequestShape shape, BackendConnection.OpenApi connection, JsonElement arguments, string? traceParent)
    {
        var request = new HttpRequestMessage(shape.Method, Address(shape, arguments));
        foreach (var (name, value) in connection.Headers)
            request.Headers.TryAddWithoutValidation(name, value.Value);
        foreach (var type in shape.Accept)
            request.Headers.TryAddWithoutValidation("Accept", type);
        request.Headers.TryAddWithoutValidation("Accept", shape.Accept.IsEmpty ? "application/json" : "*/*;q=0.1");
        if (traceParent is not null)
            request.Headers.TryAddWithoutValidation("traceparent", traceParent);

        var cookies = new List<string>();
        foreach (var (parameter, value) in Given(shape, arguments))
        {
            if (parameter.Place == ParameterPlace.Header)
                request.Headers.TryAddWithoutValidation(parameter.Name, ParameterText.InHeader(parameter, value));
            else if (parameter.Place == ParameterPlace.Cookie)
                cookies.Add(ParameterText.InCookie(parameter, value));
        }

        if (cookies.Count > 0)
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies));
        if (shape.Body is { } described && arguments.TryGetProperty(RequestShape.BodyArgument, out var body))
            request.Content = described.Form == BodyForm.Json
                ? new ByteArrayContent(Bytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(described.MediaType) } }
                : FormWriter.Write(described, body);
        // A request with a body, be it empty, is never sent a second time over another connection.
        else if (shape.Method != HttpMethod.Get && shape.Method != HttpMethod.Head)
            request.Content = new ByteArrayContent([]);
        return request;
    }

    private static Uri Address(RequestShape shape, JsonElement arguments)
    {
        var under = shape.Base.AbsoluteUri.TrimEnd('/');
        var query = string.Join('&', Query(shape, arguments));
        var text = $"{under}{PathExpansion.Expand(shape, arguments)}{(query.Length == 0 ? "" : "?")}{query}";
        if (text.Length > AddressLengthMax)
            throw new ArgumentRefusedException($"The arguments make an address of more than {AddressLengthMax} characters.");

        // INVARIANT: no argument chooses who is spoken to.
        return Uri.TryCreate(text, AsWritten, out var address) && address.Scheme == shape.Base.Scheme && address.Authority == shape.Base.Authority && address.UserInfo.Length == 0
            ? address
            : throw new ArgumentRefusedException("The arguments do not make an address of the service.");
    }

    /// <summary>
    /// The pairs of the query. An object that is written member by member names its own pairs: were one of them another parameter's, the service would
    /// read a value that was never judged as that parameter's.
    /// </summary>
    private static IEnumerable<string> Query(RequestShape shape, JsonElement arguments)
    {
        var owners = shape.Parameters.Where(parameter => parameter.Place == ParameterPlace.Query)
            .ToDictionary(parameter => ParameterText.Encode(parameter.Name), parameter => parameter, StringComparer.OrdinalIgnoreCase);
        foreach (var (parameter, value) in Given(shape, arguments).Where(given => given.Parameter.Place == ParameterPlace.Query))
            foreach (var pair in ParameterText.InQuery(parameter, value))
            {
                var name = pair[..pair.IndexOf('=', StringComparison.Ordinal)];
                if (owners.TryAdd(name, parameter) || owners[name] == parameter)
                    yield return pair;
                else
                    throw new ArgumentRefusedException($"The argument `{parameter.Argument}` names `{VisibleText.Escape(Uri.UnescapeDataString(name))}`, which is another argument's.");
            }
    }

    private static IEnumerable<(ApiParameter Parameter, JsonElement Value)> Given(RequestShape shape, JsonElement arguments)
    {
        foreach (var parameter in shape.Parameters)
            if (arguments.ValueKind == JsonValueKind.Object && arguments.TryGetProperty(parameter.Argument, out var value) && value.ValueKind != JsonValueKind.Null)
                yield return (parameter, value);
            else if (parameter.IsRequired)
                throw new ArgumentRefusedException($"The argument `{parameter.Argument}` is missing.");
    }

    /// <summary>The body as the agent wrote it, numbers to their last digit.</summary>
    private static byte[] Bytes(JsonElement body)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, PooledJson.Options))
            body.WriteTo(writer);
        return buffer.ToArray();
    }
}
