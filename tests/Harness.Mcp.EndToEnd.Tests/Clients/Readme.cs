using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Clients;

/// <summary>The code blocks of README.md, so that tests run what readers copy.</summary>
internal static class Readme
{
    /// <summary>The text of the one block of a language that holds <paramref name="part"/>.</summary>
    public static string Block(string language, string part)
    {
        var blocks = new List<string>();
        List<string>? open = null;
        foreach (var line in File.ReadLines(RepositoryFolder.Of("README.md")))
        {
            if (open is not null && line == "```")
            {
                blocks.Add(string.Join('\n', open));
                open = null;
            }
            else if (line == "```" + language)
            {
                open = [];
            }
            else
            {
                open?.Add(line);
            }
        }

        return blocks.Single(block => block.Contains(part, StringComparison.Ordinal));
    }

    /// <summary>Puts another text where the README has one; fails where it has it no longer.</summary>
    public static string With(this string block, string old, string @new) => block.Contains(old, StringComparison.Ordinal)
        ? block.Replace(old, @new, StringComparison.Ordinal)
        : throw new InvalidOperationException($"README.md no longer says `{old}` there.");
}
