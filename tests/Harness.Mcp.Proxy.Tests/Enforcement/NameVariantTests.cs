using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Names that look like a granted one, or become it under some normal form: each is a tool that nobody granted.</summary>
public sealed class NameVariantTests
{
    [Theory]
    [InlineData("Notes_write")]
    [InlineData("NOTES_WRITE")]
    [InlineData("notes_write ")]
    [InlineData(" notes_write")]
    [InlineData("notes_write\n")]
    [InlineData("notes_write\0")]
    [InlineData("notes_write\0x")]
    [InlineData("notes-write")]
    [InlineData("notes.write")]
    [InlineData("notes/write")]
    [InlineData("notes__write")]
    [InlineData("write")]
    [InlineData("n\u043etes_write")]
    [InlineData("note\u0455_write")]
    [InlineData("notes_wr\u0131te")]
    [InlineData("note\u017f_write")]
    [InlineData("\uff4eotes_write")]
    [InlineData("notes\uff3fwrite")]
    [InlineData("notes_wri\u0301te")]
    [InlineData("notes_\u200bwrite")]
    [InlineData("notes_write\u200d")]
    [InlineData("\ufeffnotes_write")]
    [InlineData("notes_write\u202e")]
    [InlineData("\u202eetirw_seton\u202c")]
    [InlineData("notes_write\ufe0f")]
    [InlineData("notes_write\udb40\udc41")]
    [InlineData("\ud835\udcf7otes_write")]
    [InlineData("notes_%77rite")]
    [InlineData("notes_\\u0077rite")]
    public async Task Variant_IsAnUnknownTool_AndNothingLeaves(string name)
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);

        var answer = await world.CallAsync(name, "x");
        var granted = await world.CallAsync("notes_write", "x");

        Assert.Equal("tool_not_granted", EnforcementWorld.ReasonOf(answer));
        Assert.Equal("x", EnforcementWorld.TextOf(granted));
        Assert.Single(world.Backend.Calls);
        var refused = Assert.Single((await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallRefused>());
        Assert.Equal(ReasonCode.ToolUnknown, refused.Denial.Reason);
    }
}
