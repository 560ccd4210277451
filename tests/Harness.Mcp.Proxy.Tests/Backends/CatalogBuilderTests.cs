using System.Collections.Immutable;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public sealed class CatalogBuilderTests : IDisposable
{
    private readonly string _pins = Directory.CreateTempSubdirectory("pins").FullName;
    private readonly List<string> _refused = [];

    public void Dispose() => Directory.Delete(_pins, recursive: true);

    [Fact]
    public void BareNames_AreShown_BesidePrefixedOnes()
    {
        var tools = Build(Backend("mail", NameForm.Bare, "send", "read.all"), Backend("siem", NameForm.Prefixed, "send"));

        Assert.Equal(["mail/send", "siem/send"], Ids(tools, "send", "siem_send"));
        Assert.Matches("^mail_read_all-[0-9a-f]{8}$", Assert.Single(tools, tool => tool.Facts.Id.Name == "read.all").ExposedName);
        Assert.Empty(_refused);
    }

    [Fact]
    public void SameBareName_IsShownForNeither()
    {
        var tools = Build(Backend("one", NameForm.Bare, "send", "own"), Backend("two", NameForm.Bare, "send"));

        Assert.Equal(["own"], tools.Select(tool => tool.ExposedName));
        Assert.Equal(["one/send", "two/send"], _refused);
    }

    [Fact]
    public void BareName_DoesNotTakeOver_APrefixedOne()
    {
        var mail = Backend("mail", NameForm.Prefixed, "send", "read");
        var bare = Backend("odd", NameForm.Bare, "mail_send");

        var tools = Build(mail, bare);
        var reversed = Build(bare, mail);

        Assert.Equal(["mail_read"], tools.Select(tool => tool.ExposedName));
        Assert.Equal(CatalogBuilder.Signature(tools), CatalogBuilder.Signature(reversed));
    }

    [Fact]
    public void AddedBackend_NeitherRenamesNorRetargets()
    {
        var mail = Backend("mail", NameForm.Bare, "send", "siem_find");
        var before = Build(mail);

        var after = Build(mail, Backend("siem", NameForm.Prefixed, "find"), Backend("sms", NameForm.Bare, "send_text"));

        Assert.All(after, tool => Assert.True(before.All(old => old.ExposedName != tool.ExposedName || old.Facts.Id == tool.Facts.Id)));
        Assert.Equal(["send", "send_text"], after.Select(tool => tool.ExposedName));
    }

    [Fact]
    public void UnapprovedTool_CannotPushOutAnother()
    {
        var mail = Backend("mail", NameForm.Bare, "send");
        var odd = Backend("odd", NameForm.Bare, "own");
        odd.Tools.Listed(new BackendListing(ReadOffers.None) { Tools = Definitions("own", "send") });

        var tools = Build(mail, odd);

        Assert.Equal(["odd/own", "mail/send"], Ids(tools, "own", "send"));
        Assert.Equal(["odd/send"], _refused);
    }

    [Fact]
    public void Signature_Changes_WhereOnlyNamesDo()
    {
        var prefixed = Backend("mail", NameForm.Prefixed, "send");

        var bare = (Config: prefixed.Config with { Expose = NameForm.Bare }, prefixed.Tools);

        Assert.NotEqual(CatalogBuilder.Signature(Build(prefixed)), CatalogBuilder.Signature(Build(bare)));
    }

    private static IEnumerable<string> Ids(ImmutableArray<CatalogTool> tools, params string[] names) =>
        names.Select(name => tools.Single(tool => tool.ExposedName == name).Facts.Id.ToString());

    private ImmutableArray<CatalogTool> Build(params (BackendConfig Config, BackendTools Tools)[] backends)
    {
        _refused.Clear();
        var tools = CatalogBuilder.Build(backends, tool => _refused.Add(tool.Facts.Id.ToString()));
        _refused.Sort(StringComparer.Ordinal);
        return tools;
    }

    private (BackendConfig Config, BackendTools Tools) Backend(string name, NameForm expose, params string[] tools)
    {
        var config = Opened.Config(name, new BackendConnection.Http(new Uri("http://127.0.0.1:1/mcp"), ImmutableDictionary<string, Secret>.Empty)) with { Expose = expose };
        var backend = new BackendTools(config, new PinFolder(_pins), TimeProvider.System, NullLogger.Instance);
        backend.Listed(new BackendListing(ReadOffers.None) { Tools = Definitions(tools) });
        return (config, backend);
    }

    private static ImmutableArray<System.Text.Json.JsonElement> Definitions(params string[] tools) =>
        [.. tools.Select(tool => Opened.Json($$"""{ "name": "{{tool}}", "inputSchema": { "type": "object" } }"""))];
}
