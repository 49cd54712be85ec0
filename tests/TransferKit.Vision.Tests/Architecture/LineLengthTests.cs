using System.Globalization;

namespace TransferKit.Vision.Tests.Architecture;

/// <summary>Lines of code end where <c>.editorconfig</c> says, which neither the compiler nor the formatter looks at.</summary>
public sealed class LineLengthTests
{
    private const string Setting = "max_line_length = ";

    private static readonly int Longest = int.Parse(
        File.ReadLines(Repository.Path(".editorconfig")).First(line => line.StartsWith(Setting, StringComparison.Ordinal))
            [Setting.Length..],
        CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("src")]
    [InlineData("samples")]
    public void No_line_is_longer(string folder)
    {
        var files = Directory.GetFiles(Repository.Path(folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")).ToList();
        files.Should().NotBeEmpty();
        var found =
            from file in files
            from line in File.ReadLines(file).Index()
            where line.Item.Length > Longest
            select $"{Path.GetRelativePath(Repository.Path("."), file)}:{line.Index + 1}: {line.Item.Length} characters";
        found.Should().BeEmpty();
    }
}
