namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>What a stretch of text without spaces is, which decides how it is compared.</summary>
internal enum ValueKind : byte
{
    /// <summary>Letters alone; case does not count.</summary>
    Word,

    /// <summary>An id, a code, a path, a date: compared as it is written.</summary>
    Code,

    /// <summary>Compared by value.</summary>
    Number,

    /// <summary>An e-mail address; case does not count.</summary>
    Address,

    /// <summary>A URL, with or without its scheme.</summary>
    Link,

    /// <summary>The host of a URL.</summary>
    Host,

    /// <summary>An IBAN with the right check digits; case, spaces and hyphens do not count.</summary>
    Account,

    /// <summary>Digits that stand in groups, as telephone and card numbers do; how they are grouped does not count.</summary>
    Digits,
}
