using System.Text;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.Large;

/// <summary>Messages over the bound go to a file while they are read, and what follows them is read on.</summary>
public sealed class SpoolingTests : IDisposable
{
    private const int Bound = 1_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("harness-spool-").FullName;

    private LargeResults Results => field ??= new LargeResults(_folder, resultBytesMax: 100_000);

    private static string Answer(int id, int length) => $$"""{"jsonrpc":"2.0","id":{{id}},"result":{"text":"{{new string('x', length)}}"} }""";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(2_000)]
    [InlineData(50_000)]
    public async Task Line_GoesToAFile_AndTheNextIsRead(int length)
    {
        var token = TestContext.Current.CancellationToken;
        var lines = new LineReader(Stream($"first\n{Answer(7, length)}\nlast\n"), Bound, Results);

        Assert.Equal("first", Text(await lines.ReadAsync(token)));
        var spooled = await Assert.ThrowsAsync<LineSpooledException>(() => lines.ReadAsync(token).AsTask());
        using (var spool = spooled.Spool)
            Assert.Equal((7, length + """{"text":""}""".Length), ((await spool.ReadAsync(token))!.Id, (int)(await spool.ReadAsync(token))!.Length));
        Assert.Equal("last", Text(await lines.ReadAsync(token)));
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task Event_GoesToAFile_AndTheNextIsRead()
    {
        var token = TestContext.Current.CancellationToken;
        var events = new SseReader(Stream($"event: message\ndata: {Answer(8, 5_000)}\n\ndata: last\n\n"), Bound, Results);

        var spooled = await Assert.ThrowsAsync<LineSpooledException>(() => events.ReadAsync(token).AsTask());
        using var spool = spooled.Spool;

        Assert.Equal(8, (await spool.ReadAsync(token))!.Id);
        Assert.Equal("last", Text(await events.ReadAsync(token)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_GoesToAFile_WhetherItsLengthIsAnnouncedOrNot(bool isAnnounced)
    {
        var token = TestContext.Current.CancellationToken;
        var answer = Answer(9, 5_000);

        var spooled = await Assert.ThrowsAsync<LineSpooledException>(() => BoundedBody.ReadAsync(Stream(answer), isAnnounced ? answer.Length : null, Bound, token, Results).AsTask());
        using var spool = spooled.Spool;

        Assert.Equal(9, (await spool.ReadAsync(token))!.Id);
        Assert.Equal(answer.Length, spool.Length);
    }

    [Fact]
    public async Task WhatFits_StaysInMemory()
    {
        var token = TestContext.Current.CancellationToken;
        var answer = Answer(1, 900);

        Assert.Equal(answer, Text(await new LineReader(Stream(answer + "\n"), Bound, Results).ReadAsync(token)));
        Assert.Equal(answer, Text(await BoundedBody.ReadAsync(Stream(answer), null, Bound, token, Results)));
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"jsonrpc\":\"2.0\"")]
    public async Task WhatIsTooLargeForAFile_OrBreaksOff_LeavesNone(string end)
    {
        var text = end.Length == 0 ? Answer(1, 200_000) + "\n" : end + new string(' ', 5_000);

        await Assert.ThrowsAsync<LineTooLongException>(() => new LineReader(Stream(text), Bound, Results).ReadAsync(TestContext.Current.CancellationToken).AsTask());

        Assert.Empty(Directory.EnumerateFiles(_folder));
        Assert.True(Results.TryReserve(LargeResults.TotalBytesMax));
    }

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes!);
}
