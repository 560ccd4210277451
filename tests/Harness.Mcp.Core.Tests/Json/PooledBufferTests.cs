using System.Buffers;
using Harness.Mcp.Core.Json;
using Xunit;

namespace Harness.Mcp.Core.Tests.Json;

public sealed class PooledBufferTests
{
    [Fact]
    public void WhatIsWritten_IsKept_OverEveryGrowth()
    {
        using var buffer = new PooledBuffer();
        var expected = new List<byte>();
        for (var one = 0; one < 300; one++)
        {
            var part = Enumerable.Repeat((byte)one, one * 7).ToArray();
            buffer.Write(part);
            expected.AddRange(part);
        }

        Assert.Equal(expected, buffer.Written.ToArray());
    }

    [Fact]
    public void More_ThanThereIsRoomFor_CannotBeClaimed()
    {
        using var buffer = new PooledBuffer();
        var room = buffer.GetSpan().Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
    }

    [Fact]
    public void Buffer_IsAsNew_AfterItsBytesWereGivenBack()
    {
        using var buffer = new PooledBuffer();
        buffer.Write("a secret"u8);

        buffer.Dispose();
        buffer.Write("a"u8);

        Assert.Equal("a"u8.ToArray(), buffer.Written.ToArray());
    }
}
