namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>Bends one thing of a message: of its tree, or of its bytes.</summary>
internal static class Mutations
{
    private static readonly byte[][] Foreign =
    [
        [0xEF, 0xBB, 0xBF], [0xFE, 0xFF], [0xFF, 0xFE], [0x00], [0xC2, 0xA0], [0xE2, 0x80, 0xA8], [0x0B], [0x0C], [0x1E], [0x7F],
        .. ((string[])["/**/", "//\n", "#\n", ",", ":", "\"", "\\", "{", "}", "[", "]", "'", "null", "NaN", "{}", "0", "-", ".", "e9", "\\u0000", "\\ud800", "\n", "\r", " "]).Select(text => System.Text.Encoding.UTF8.GetBytes(text)),
    ];

    public static void Bend(Part message, Random random)
    {
        switch (Spellings.Pick(random, [.. message.Containers]))
        {
            case Part.Members members:
                Bend(members, random);
                break;
            case Part.Items items:
                Bend(items, random);
                break;
        }
    }

    public static byte[] Bend(byte[] message, Random random)
    {
        var at = random.Next(message.Length + 1);
        var length = Math.Min(random.Next(1, 9), message.Length - at);
        var (before, piece, after) = (message[..at], message[at..(at + length)], message[(at + length)..]);
        switch (random.Next(9))
        {
            case 0:
                return [.. before, .. after];
            case 1:
                return [.. before, .. piece, .. piece, .. after];
            case 2:
                return [.. before, .. Spellings.Bytes(random), .. piece, .. after];
            case 3 when length > 0:
                piece[0] ^= (byte)(1 << random.Next(8));
                return [.. before, .. piece, .. after];
            case 4:
                return random.Next(2) == 0 ? [.. Spellings.Pick(random, Foreign), .. message] : [.. message, .. Spellings.Pick(random, Foreign)];
            case 5:
                return before;
            case 6 when length > 0:
                piece[0] = (byte)random.Next(256);
                return [.. before, .. piece, .. after];
            case 7:
                return [.. message, .. message];
            default:
                return [.. before, .. Spellings.Pick(random, Foreign), .. piece, .. after];
        }
    }

    private static void Bend(Part.Members members, Random random)
    {
        var all = members.All;
        if (all.Count == 0)
        {
            all.Add((Spellings.Key(random), Value(random)));
            return;
        }

        var at = random.Next(all.Count);
        var (key, value) = all[at];
        switch (random.Next(12))
        {
            case 0:
                all.Insert(random.Next(all.Count + 1), (key, random.Next(2) == 0 ? value.Copy() : Value(random)));
                break;
            case 1:
                all.Insert(random.Next(all.Count + 1), (Spellings.Escaped(random, key), Value(random)));
                break;
            case 2:
                all[at] = (Spellings.Escaped(random, key), value);
                break;
            case 3:
                all[at] = (Spellings.Key(random), value);
                break;
            case 4:
                all[at] = (OtherCase(key, random), value);
                break;
            case 5:
                all.RemoveAt(at);
                break;
            case 6:
                all.RemoveAt(at);
                all.Insert(random.Next(all.Count + 1), (key, value));
                break;
            case 7:
                all.Insert(random.Next(all.Count + 1), (Spellings.Key(random), Value(random)));
                break;
            case 8:
                all.Insert(random.Next(all.Count + 1), (OtherCase(key, random), Value(random)));
                break;
            case 9 when value is Part.Scalar { Text: [(byte)'"', ..] text }:
                all[at] = (key, new Part.Scalar(Spellings.Escaped(random, text)));
                break;
            default:
                all[at] = (key, Changed(value, random));
                break;
        }
    }

    private static void Bend(Part.Items items, Random random)
    {
        var all = items.All;
        var at = random.Next(all.Count + 1);
        if (at == all.Count || random.Next(3) == 0) all.Insert(at, Value(random));
        else if (random.Next(4) == 0) all.RemoveAt(at);
        else all[at] = Changed(all[at], random);
    }

    private static Part Changed(Part value, Random random) => random.Next(6) switch
    {
        0 => new Part.Items([value]),
        1 => new Part.Members([(Spellings.Key(random), value)]),
        2 => Deep(value, random),
        _ => Value(random),
    };

    private static Part Deep(Part value, Random random)
    {
        for (var left = random.Next(4) == 0 ? 55 + random.Next(15) : random.Next(8); left > 0; left--)
        {
            value = random.Next(2) == 0 ? new Part.Items([value]) : new Part.Members([(Spellings.Key(random), value)]);
        }

        return value;
    }

    private static Part Value(Random random) => random.Next(10) switch
    {
        < 4 => new Part.Scalar(Spellings.Number(random)),
        < 7 => new Part.Scalar(Spellings.Text(random)),
        7 => new Part.Scalar(Spellings.Pick<byte[]>(random, [[.. "true"u8], [.. "false"u8], [.. "null"u8]])),
        8 => new Part.Members([.. Enumerable.Range(0, random.Next(4)).Select(_ => (Spellings.Key(random), Value(random)))]),
        _ => new Part.Items([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(random))]),
    };

    private static byte[] OtherCase(byte[] key, Random random)
    {
        var other = (byte[])key.Clone();
        var letters = Enumerable.Range(0, key.Length).Where(index => char.IsAsciiLetter((char)key[index])).ToArray();
        if (letters.Length > 0) other[Spellings.Pick(random, letters)] ^= 0x20;
        return other;
    }
}
