using Harness.Mcp.Core.Json;
using Xunit;

namespace Harness.Mcp.Core.Tests.Json;

public sealed class PooledJsonTests
{
    [Fact]
    public void Writer_HasWrittenNothing_WhenItIsRentedAgain()
    {
        using (var first = PooledJson.Rent())
        {
            first.Writer.WriteStartObject();
            first.Writer.WriteString("half"u8, "written"u8);
        }

        using var again = PooledJson.Rent();
        again.Writer.WriteStringValue("whole"u8);

        Assert.Equal("\"whole\""u8.ToArray(), again.Written.ToArray());
    }

    [Fact]
    public void Writers_AreDistinct_WhileBothAreRented()
    {
        using var outer = PooledJson.Rent();
        outer.Writer.WriteStartArray();
        using (var inner = PooledJson.Rent())
            inner.Writer.WriteNullValue();
        outer.Writer.WriteEndArray();

        Assert.Equal("[]"u8.ToArray(), outer.Written.ToArray());
    }
}
