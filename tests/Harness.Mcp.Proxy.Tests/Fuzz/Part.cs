using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>JSON, or what nearly is, as a tree that a mutation can bend: keys and scalars are bytes, spelled in any way, right or wrong.</summary>
internal abstract class Part
{
    private Part() { }

    /// <summary>The lists and objects that can be bent, this one first.</summary>
    public IEnumerable<Part> Containers => this switch
    {
        Members members => members.All.SelectMany(member => member.Value.Containers).Prepend(this),
        Items items => items.All.SelectMany(item => item.Containers).Prepend(this),
        _ => [],
    };

    public static Part Of(string json) => Of(JsonElement.Parse(json));

    public abstract Part Copy();

    public byte[] ToBytes(Random random)
    {
        var output = new MemoryStream();
        Write(output, random.Next(4) == 0 ? random : null);
        return output.ToArray();
    }

    /// <param name="spaces">Where white space is drawn from; null for none.</param>
    protected abstract void Write(MemoryStream output, Random? spaces);

    private static Part Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => new Members([.. value.EnumerateObject().Select(member => (Utf8($"\"{member.Name}\""), Of(member.Value)))]),
        JsonValueKind.Array => new Items([.. value.EnumerateArray().Select(Of)]),
        _ => new Scalar(Utf8(value.GetRawText())),
    };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static void Space(MemoryStream output, Random? spaces)
    {
        while (spaces?.Next(3) == 0) output.WriteByte(" \t\r\n"u8[spaces.Next(4)]);
    }

    internal sealed class Scalar(byte[] text) : Part
    {
        public byte[] Text { get; } = text;

        public override Part Copy() => this;

        protected override void Write(MemoryStream output, Random? spaces) => output.Write(Text);
    }

    internal sealed class Items(List<Part> all) : Part
    {
        public List<Part> All { get; } = all;

        public override Part Copy() => new Items([.. All.Select(item => item.Copy())]);

        protected override void Write(MemoryStream output, Random? spaces)
        {
            output.WriteByte((byte)'[');
            for (var index = 0; index < All.Count; index++)
            {
                if (index > 0) output.WriteByte((byte)',');
                Space(output, spaces);
                All[index].Write(output, spaces);
                Space(output, spaces);
            }

            output.WriteByte((byte)']');
        }
    }

    internal sealed class Members(List<(byte[] Key, Part Value)> all) : Part
    {
        public List<(byte[] Key, Part Value)> All { get; } = all;

        public override Part Copy() => new Members([.. All.Select(member => (member.Key, member.Value.Copy()))]);

        protected override void Write(MemoryStream output, Random? spaces)
        {
            output.WriteByte((byte)'{');
            for (var index = 0; index < All.Count; index++)
            {
                if (index > 0) output.WriteByte((byte)',');
                Space(output, spaces);
                output.Write(All[index].Key);
                Space(output, spaces);
                output.WriteByte((byte)':');
                Space(output, spaces);
                All[index].Value.Write(output, spaces);
                Space(output, spaces);
            }

            output.WriteByte((byte)'}');
        }
    }
}
