namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>The normal form of a chunk: two chunks are one value exactly when their forms are equal.</summary>
internal static class ValueForm
{
    /// <summary>Longer chunks are no values that anybody names; they are never known.</summary>
    public const int CharsMax = 1_024;

    /// <param name="form">Room for the form: as long as the chunk.</param>
    /// <param name="host">How much of the form of a link is its host; 0 for all else.</param>
    public static ValueKind Write(ReadOnlySpan<char> chunk, in Marks marks, Span<char> form, out int length, out int host)
    {
        host = 0;
        if (marks.IsWord)
        {
            length = TextFold.Lower(chunk, form);
            return ValueKind.Word;
        }

        if (marks.IsNumeric && WriteNumber(chunk, form, out length))
            return ValueKind.Number;
        if (marks.HasAt && AddressForm.In(chunk) is { IsEmpty: false } address)
        {
            length = TextFold.Lower(address, form);
            return ValueKind.Address;
        }

        if (marks.MayBeLink && UrlForm.Write(chunk, form, out length, out host))
            return ValueKind.Link;
        if (AccountForm.Write(chunk, form, out length))
            return ValueKind.Account;

        length = WriteCode(chunk, form);
        return ValueKind.Code;
    }

    /// <summary>`1,250.00` and `1250` are one number; `007` and `1.2.3` are none.</summary>
    public static bool WriteNumber(ReadOnlySpan<char> chunk, Span<char> form, out int length)
    {
        length = 0;
        var index = 0;
        if (chunk[0] is '-' or '+')
        {
            if (chunk[0] == '-')
                form[length++] = '-';
            index = 1;
        }

        var digits = length;
        for (; index < chunk.Length && (char.IsAsciiDigit(chunk[index]) || chunk[index] == ','); index++)
            if (chunk[index] != ',')
                form[length++] = chunk[index];
        if (length == digits || (form[digits] == '0' && length > digits + 1) || (chunk[0] == '+' && length - digits > 7))
            return false; // A telephone number is not a number.

        if (index < chunk.Length)
        {
            if (chunk[index] != '.' || index + 1 == chunk.Length || chunk[(index + 1)..].ContainsAnyExceptInRange('0', '9'))
                return false;
            var fraction = chunk[index..].TrimEnd('0');
            if (fraction.Length > 1)
            {
                fraction.CopyTo(form[length..]);
                length += fraction.Length;
            }
        }

        if (form[..length] is ['-', '0'])
            (form[0], length) = ('0', 1);
        return true;
    }

    /// <summary>As it stands, with one kind of slash and no slash at the end.</summary>
    private static int WriteCode(ReadOnlySpan<char> chunk, Span<char> form)
    {
        chunk.Replace(form, '\\', '/');
        var length = chunk.Length;
        while (length > 1 && form[length - 1] == '/')
            length--;
        return length;
    }
}
