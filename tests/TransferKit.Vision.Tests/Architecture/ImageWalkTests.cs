using System.Reflection;
using System.Text.RegularExpressions;

namespace TransferKit.Vision.Tests.Architecture;

/// <summary>The way of one image in training, which docs/architecture.md lists method by method, is there and short.</summary>
public sealed partial class ImageWalkTests
{
    private const BindingFlags Any =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Match[] Steps =
        [.. File.ReadLines(Repository.Path("docs/architecture.md")).Select(line => Step().Match(line)).Where(step => step.Success)];

    [Fact]
    public void It_has_at_most_25_steps() => Steps.Length.Should().BeInRange(15, 25);

    [Fact]
    public void All_its_methods_are_there()
    {
        Type[] types = [.. typeof(TransferModel).Assembly.GetTypes(), .. typeof(Predictor).Assembly.GetTypes()];
        Steps.Where(step => !Array.Exists(types, type =>
                type.Name == step.Groups["type"].Value && type.GetMethods(Any).Any(one => one.Name == step.Groups["method"].Value)))
            .Select(step => step.Value).Should().BeEmpty();
    }

    [GeneratedRegex(@"^\d+\. `(?<type>\w+)\.(?<method>\w+)`")]
    private static partial Regex Step();
}
