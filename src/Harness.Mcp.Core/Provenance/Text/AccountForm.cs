namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>IBANs, told from other codes by their check digits, so that grouping and case can be ignored without harm.</summary>
internal static class AccountForm
{
    public const int CharsMin = 15;
    public const int CharsMax = 34;

    public static bool Write(ReadOnlySpan<char> chunk, Span<char> form, out int length)
    {
        length = 0;
        if (chunk.Length < CharsMin || chunk.Length > CharsMax * 2 || !IsStart(chunk))
            return false;
        foreach (var character in chunk)
        {
            if (character is '-' or ' ')
                continue;
            if (!char.IsAsciiLetterOrDigit(character) || length == CharsMax)
                return false;
            form[length++] = char.ToLowerInvariant(character);
        }

        return IsValid(form[..length]);
    }

    /// <summary>Two letters and two digits.</summary>
    public static bool IsStart(ReadOnlySpan<char> chunk) =>
        chunk.Length >= 4 && char.IsAsciiLetter(chunk[0]) && char.IsAsciiLetter(chunk[1]) && char.IsAsciiDigit(chunk[2]) && char.IsAsciiDigit(chunk[3]);

    /// <summary>The check of ISO 7064 (modulus 97) over letters and digits alone, in small letters.</summary>
    public static bool IsValid(ReadOnlySpan<char> form)
    {
        if (form.Length is < CharsMin or > CharsMax)
            return false;
        var rest = 0;
        for (var index = 0; index < form.Length; index++)
        {
            var character = form[(index + 4) % form.Length];
            rest = char.IsAsciiDigit(character) ? ((rest * 10) + (character - '0')) % 97 : ((rest * 100) + (character - 'a' + 10)) % 97;
        }

        return rest == 1;
    }
}
