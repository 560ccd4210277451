using System.Text;
using Xunit;

namespace Harness.Mcp.Tests;

public sealed class TerminalTests
{
    [Theory]
    [InlineData("plain text, Grüße, 漢字, 😀", "plain text, Grüße, 漢字, 😀")]
    [InlineData("a\r\nb\tc\0", @"a\u{D}\u{A}b\u{9}c\u{0}")]
    [InlineData("\u009b31m", @"\u{9B}31m")]
    [InlineData("\u2028\u2029\ufeff\u00ad", @"\u{2028}\u{2029}\u{FEFF}\u{AD}")]
    [InlineData("\U000E0041", @"\u{E0041}")]
    public void Visible_SpellsOut_WhatCannotBeSeen(string text, string visible)
    {
        Assert.Equal(visible, Terminal.Visible(text));
    }

    [Fact]
    public void Visible_ReplacesLoneSurrogates()
    {
        Assert.Equal(Rune.ReplacementChar.ToString(), Terminal.Visible("\uD83D"));
    }
}
