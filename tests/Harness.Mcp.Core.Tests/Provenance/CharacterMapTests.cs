using CsCheck;
using Harness.Mcp.Core.Provenance.Text;
using Xunit;

namespace Harness.Mcp.Core.Tests.Provenance;

/// <summary>The maps say of every place what a look at each character says.</summary>
public class CharacterMapTests
{
    private static readonly Gen<char> Character = Gen.Frequency(
        (8, Gen.Char['a', 'z']), (2, Gen.Char['A', 'Z']), (6, Gen.Char['\0', '\u007f']), (1, Gen.Char['\u0080', '\uffff']), (1, Gen.OneOf(" \"'`()[]{}<>,;|=@[^{~".ToCharArray())));

    [Fact]
    public void Places_AreThoseOfEachCharacter()
    {
        var map = new CharacterMap(); // One for all texts: nothing may be left of the text before.

        Gen.Select(Character.Array[0, 200], Character.Array[16]).Sample((text, behind) =>
        {
            map.Read([.. text, .. behind], text.Length);

            for (var at = 0; at <= text.Length; at++)
            {
                if (at < text.Length)
                    Assert.Equal(First(text, at, character => !char.IsAsciiLetter(character)), map.EndOfLetters(at));
                Assert.Equal(First(text, at, character => !char.IsAscii(character) || Chunks.IsBreak(character)), map.MayEndFrom(at));
            }
        }, iter: 5_000, threads: 1);
    }

    private static int First(char[] text, int from, Predicate<char> isIt) =>
        Array.FindIndex(text, from, isIt) is var found and >= 0 ? found : text.Length;
}
