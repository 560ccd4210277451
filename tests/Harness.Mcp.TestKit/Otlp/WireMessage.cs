using System.Buffers.Binary;
using System.Collections.Immutable;
using Google.Protobuf;

namespace Harness.Mcp.TestKit.Otlp;

/// <summary>One protobuf message, taken apart by its wire format: fields by number, in order, without a schema.</summary>
internal sealed class WireMessage
{
    private readonly List<Field> _fields = [];

    private WireMessage() { }

    /// <exception cref="InvalidProtocolBufferException">The bytes are not a protobuf message.</exception>
    public static WireMessage Parse(ByteString bytes)
    {
        var message = new WireMessage();
        var input = bytes.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            message._fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => new Field(number, input.ReadUInt64(), ByteString.Empty),
                WireFormat.WireType.Fixed64 => new Field(number, input.ReadFixed64(), ByteString.Empty),
                WireFormat.WireType.Fixed32 => new Field(number, input.ReadFixed32(), ByteString.Empty),
                WireFormat.WireType.LengthDelimited => new Field(number, 0, input.ReadBytes()),
                var other => throw new InvalidDataException($"Field {number} has wire type {other}, which OTLP does not use."),
            });
        }

        return message;
    }

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    /// <summary>Numbers of the fields that are there, in order.</summary>
    public IEnumerable<int> Numbers => _fields.Select(one => one.Number);

    public IEnumerable<WireMessage> Messages(int number) => _fields.Where(field => field.Number == number).Select(field => Parse(field.Bytes));

    /// <summary>The nested message, empty where it is absent: protobuf's default.</summary>
    public WireMessage Message(int number) => Parse(Bytes(number));

    public ByteString Bytes(int number) => Last(number)?.Bytes ?? ByteString.Empty;

    public string Text(int number) => Bytes(number).ToStringUtf8();

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).Span);

    public long Integer(int number) => unchecked((long)(Last(number)?.Number64 ?? 0));

    public double Double(int number) => BitConverter.Int64BitsToDouble(Integer(number));

    public DateTimeOffset Time(int number) => DateTimeOffset.UnixEpoch.AddTicks(Integer(number) / TimeSpan.NanosecondsPerTick);

    /// <summary>A repeated double, packed or not.</summary>
    public ImmutableArray<double> Doubles(int number)
    {
        var values = ImmutableArray.CreateBuilder<double>();
        foreach (var field in _fields.Where(field => field.Number == number))
        {
            if (field.Bytes.IsEmpty)
                values.Add(BitConverter.UInt64BitsToDouble(field.Number64));
            for (var at = 0; at < field.Bytes.Length; at += sizeof(double))
                values.Add(BinaryPrimitives.ReadDoubleLittleEndian(field.Bytes.Span[at..]));
        }

        return values.ToImmutable();
    }

    private Field? Last(int number) => _fields.FindLast(field => field.Number == number);

    private sealed record Field(int Number, ulong Number64, ByteString Bytes);
}
