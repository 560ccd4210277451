using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Asks;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Writes our messages to backends.</summary>
internal static class RpcWriter
{
    public static ReadOnlyMemory<byte> Request(long id, string method, Action<Utf8JsonWriter> parameters)
    {
        using var json = PooledJson.Rent();
        Request(json.Writer, id, method, parameters, static (writer, write) => write(writer));
        return json.Written.ToArray();
    }

    /// <param name="parameters">Writes the members of `params`.</param>
    public static void Request<T>(Utf8JsonWriter writer, long id, string method, T of, Action<Utf8JsonWriter, T> parameters)
    {
        Begin(writer);
        writer.WriteNumber("id"u8, id);
        writer.WriteString("method"u8, method);
        writer.WriteStartObject("params"u8);
        parameters(writer, of);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static ReadOnlyMemory<byte> Notice(string method, Action<Utf8JsonWriter>? parameters = null) => Write(writer =>
    {
        writer.WriteString("method"u8, method);
        if (parameters is null)
            return;
        writer.WriteStartObject("params"u8);
        parameters(writer);
        writer.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Cancelled(long id, string why) => Notice("notifications/cancelled", writer =>
    {
        writer.WriteNumber("requestId"u8, id);
        writer.WriteString("reason"u8, why);
    });

    /// <summary>Answers a request of the backend's own.</summary>
    public static ReadOnlyMemory<byte> Answer(JsonElement id, InputReply reply) => Write(writer =>
    {
        writer.WritePropertyName("id"u8);
        id.WriteTo(writer);
        switch (reply)
        {
            case InputReply.Result(var value):
                writer.WritePropertyName("result"u8);
                value.WriteTo(writer);
                break;
            case InputReply.Error(var code, var message):
                writer.WriteStartObject("error"u8);
                writer.WriteNumber("code"u8, code);
                writer.WriteString("message"u8, message);
                writer.WriteEndObject();
                break;
        }
    });

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var json = PooledJson.Rent();
        Begin(json.Writer);
        members(json.Writer);
        json.Writer.WriteEndObject();
        return json.Written.ToArray();
    }

    private static void Begin(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
    }
}
