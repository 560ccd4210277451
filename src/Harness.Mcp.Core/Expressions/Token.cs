namespace Harness.Mcp.Core.Expressions;

internal enum TokenKind
{
    End,

    /// <summary>The text cannot be read; the token's value is the message.</summary>
    Bad,
    Identifier,

    /// <summary>A field name in backticks.</summary>
    QuotedField,

    /// <summary>Int, uint, double, string, bytes, bool or null; the token's value is the <see cref="CelValue"/>.</summary>
    Literal,

    /// <summary>A decimal or hexadecimal int without sign: it may be one too large for an int until its minus is known.</summary>
    Integer,

    /// <summary>The keyword `in` or a sign; the token's text tells which.</summary>
    Sign,
}

/// <param name="Text">Of identifiers, quoted fields, signs and integers as written, without quotes; else empty.</param>
/// <param name="Message">Of a bad token.</param>
internal readonly record struct Token(TokenKind Kind, int Start, int End, string Text, CelValue Value, string Message)
{
    public bool Is(string sign) => Kind == TokenKind.Sign && string.Equals(Text, sign, StringComparison.Ordinal);
}
