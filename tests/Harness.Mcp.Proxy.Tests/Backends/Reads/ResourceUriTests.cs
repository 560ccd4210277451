using CsCheck;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.Reads;

public sealed class ResourceUriTests
{
    [Theory]
    [InlineData("file:///shared/a.txt")]
    [InlineData("note:1")]
    [InlineData("demo://resource/dynamic/text/1?x=a.b#c")]
    [InlineData("git+ssh://host/path with a space/..name")]
    [InlineData("https://corp.example/%C3%BC/ü")]
    public void Uri_IsSound_WhereItSaysWhatItMeans(string uri) => Assert.True(ResourceUri.IsSound(uri));

    [Theory]
    [InlineData("")]
    [InlineData("no-scheme")]
    [InlineData("/etc/passwd")]
    [InlineData("1file:///x")]
    [InlineData("file:///public/../hr/pay.txt")]
    [InlineData("file:///public/%2e%2e/hr/pay.txt")]
    [InlineData("file:///public/%252E%252e/hr/pay.txt")]
    [InlineData("file:///public/%2e%2e%2fhr")]
    [InlineData("file:///public\\..\\hr")]
    [InlineData("file:///public/./a")]
    [InlineData("file:///a\u202Eb")]
    [InlineData("file:///a\nb")]
    public void Uri_IsNotSound_WhereItCouldMeanAnother(string uri) => Assert.False(ResourceUri.IsSound(uri));

    [Fact]
    public void Exposed_IsTakenApartAgain_AndNoTwoAreAlike() =>
        Gen.Select(Gen.Char["abz09-"].Array[0, 8], Gen.Char["abz+.-"].Array[0, 5], Gen.String, (name, scheme, rest) => (Backend: "b" + new string(name), Uri: $"s{new string(scheme)}:{rest}"))
            .Sample(one =>
            {
                var exposed = ResourceUri.Exposed(new BackendId(one.Backend), NameForm.Prefixed, one.Uri);
                Assert.Equal((new BackendId(one.Backend), one.Uri), ResourceUri.Split(exposed));
            });

    [Fact]
    public void Exposed_IsTheSame_WhereNamesAreBare() =>
        Assert.Equal("note://1", ResourceUri.Exposed(new BackendId("notes"), NameForm.Bare, "note://1"));

    [Theory]
    [InlineData("note://{id}", "note://7", true)]
    [InlineData("note://{id}", "note://7/parts", false)]
    [InlineData("file:///public/{+path}", "file:///public/a/b.txt", true)]
    [InlineData("file:///public/{+path}", "file:///private/a", false)]
    [InlineData("db://{table}/rows{?from,to}", "db://staff/rows?from=1", true)]
    [InlineData("db://{table}/rows{?from,to}", "db://staff/rows", true)]
    [InlineData("db://{table}{/row*}", "db://staff/1/2", true)]
    [InlineData("note://(x)", "note://(x)", true)]
    [InlineData("note://a.c", "note://abc", false)]
    public void Pattern_StandsForWhatItCanExpandTo(string pattern, string uri, bool matches) => Assert.Equal(matches, UriPattern.Parse(pattern)!.Matches(uri));

    [Theory]
    [InlineData("note://{id")]
    [InlineData("note://id}")]
    [InlineData("note://{}")]
    [InlineData("note://{a{b}}")]
    [InlineData("")]
    public void Pattern_IsRefused_WhereItsBracesDoNotMatch(string pattern) => Assert.Null(UriPattern.Parse(pattern));
}
