using Harness.Mcp.Proxy.Backends.Configuration;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public sealed class ServersFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("servers").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void HalfWrittenFile_KeepsTheLastGoodConfiguration_AndSaysWhy()
    {
        var folder = Open();
        Write("mail", "one");
        Write("hr", "hr");
        folder.Read();
        File.WriteAllText(Path.Combine(_folder, "mail.json"), """{ "name": "mail", "own""");

        var snapshot = folder.Read();

        Assert.Equal(["hr", "mail"], snapshot.Backends.Keys);
        Assert.Equal("one", snapshot.Backends["mail"].Owner);
        Assert.Contains("mail.json:1:", Assert.Single(snapshot.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void BackendInTwoFiles_KeepsItsLastDescription_AndBothPlacesAreNamed()
    {
        var folder = Open();
        Write("mail", "one");
        folder.Read();
        File.WriteAllText(Path.Combine(_folder, "again.json"), Text("mail", "thief"));

        var snapshot = folder.Read();

        Assert.Equal("one", snapshot.Backends["mail"].Owner);
        var problem = Assert.Single(snapshot.Problems).ToString();
        Assert.Contains("again.json", problem, StringComparison.Ordinal);
        Assert.Contains("mail.json", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void BackendInTwoFiles_IsLeftOut_WhereItWasNeverGood()
    {
        Write("mail", "one");
        File.WriteAllText(Path.Combine(_folder, "again.json"), Text("mail", "thief"));

        var snapshot = Open().Read();

        Assert.Empty(snapshot.Backends);
        Assert.Single(snapshot.Problems);
    }

    [Fact]
    public void RemovedFile_RemovesItsBackend_AndMissingFolderRemovesNothing()
    {
        var folder = Open();
        Write("mail", "one");
        Write("hr", "hr");
        folder.Read();

        File.Delete(Path.Combine(_folder, "hr.json"));
        var afterDelete = folder.Read();
        Directory.Delete(_folder, recursive: true);
        var afterLoss = folder.Read();
        Directory.CreateDirectory(_folder);

        Assert.Equal(["mail"], afterDelete.Backends.Keys);
        Assert.Equal(["mail"], afterLoss.Backends.Keys);
        Assert.Single(afterLoss.Problems);
    }

    [Fact]
    public async Task Watch_Tells_WhenAFileIsWritten()
    {
        var changed = new TaskCompletionSource();
        await using var watch = new FolderWatch(_folder, "*.json", _ => { changed.TrySetResult(); return default; }, TimeProvider.System);

        Write("mail", "one");

        await changed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private ServersFolder Open() => new(_folder, new ServersConfigSurroundings("/home", _ => null));

    private void Write(string name, string owner) => File.WriteAllText(Path.Combine(_folder, name + ".json"), Text(name, owner));

    private static string Text(string name, string owner) =>
        $$"""{ "name": "{{name}}", "owner": "{{owner}}", "domain": "d", "url": "https://{{name}}.example/mcp" }""";
}
