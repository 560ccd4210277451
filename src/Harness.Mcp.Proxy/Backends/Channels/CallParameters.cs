using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Writes the parameters of a call as its method has them: exactly what was decided on.</summary>
internal static class CallParameters
{
    public static void Write(Utf8JsonWriter writer, BackendCall call)
    {
        if (call.Kind == CallKind.Tool)
        {
            writer.WriteString("name"u8, call.Tool);
            writer.WritePropertyName("arguments"u8);
            call.Arguments.WriteTo(writer);
        }
        else
        {
            // What rules see as arguments are the parameters themselves.
            foreach (var member in call.Arguments.EnumerateObject())
                member.WriteTo(writer);
        }

        if (call.More is not { } more)
            return;
        foreach (var member in more.EnumerateObject())
            member.WriteTo(writer);
    }
}
