using System.Text.RegularExpressions;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>The messages that <c>docs/troubleshooting.md</c> explains are those that the library throws.</summary>
public sealed partial class TroubleshootingTests
{
    [Fact]
    public void Every_message_in_it_stands_in_the_source()
    {
        var files = Directory.GetFiles(Repository.Path("src"), "*.cs", SearchOption.AllDirectories);
        var source = BetweenLines().Replace(string.Concat(files.Select(File.ReadAllText)), "");
        var messages = File.ReadLines(Repository.Path("docs/troubleshooting.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(row => Quoted().Matches(row.Split(" | ")[0])).Select(match => match.Groups["text"].Value).ToList();
        messages.Should().HaveCountGreaterThan(30);
        // An ellipsis stands for what changes from case to case.
        messages.SelectMany(message => message.Split('…')).Select(part => part.Trim(' ', '\'')).Where(part => part.Length > 3)
            .Should().OnlyContain(part => source.Contains(part, StringComparison.Ordinal));
    }

    [GeneratedRegex("`(?<text>[^`]+)`")]
    private static partial Regex Quoted();

    // Long messages are written as sums.
    [GeneratedRegex(@"""\s*\+ \$?""")]
    private static partial Regex BetweenLines();
}
