using System.Text.Json;

namespace TransferKit.Tests.LabelErrors;

public sealed class ConfidentLearningTests
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    private static readonly Golden[] Goldens = JsonSerializer.Deserialize<Golden[]>(
        File.ReadAllText(Path.Join(AppContext.BaseDirectory, "LabelErrors", "confident_learning_goldens.json")), Options)!;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void It_finds_what_the_paper_s_formulas_find(int number)
    {
        var golden = Goldens[number];
        var found = new ConfidentLearning(golden.Probabilities, golden.Labels, golden.Classes);

        golden.Errors.Should().HaveCountGreaterThan(5);
        found.Errors.Should().Equal(golden.Errors);
        found.Likely.Select(label => label ?? -1).Should().Equal(golden.Likely);
        found.Thresholds.Zip(golden.Thresholds).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-12);
        for (var row = 0; row < golden.Classes; row++)
            for (var column = 0; column < golden.Classes; column++)
                found.Joint[row, column].Should().BeApproximately(golden.Joint[row][column], 1e-12);
    }

    [Fact]
    public void A_class_without_samples_is_suggested_for_none()
    {
        var found = new ConfidentLearning([[0.1, 0.1, 0.8], [0.9, 0.1, 0], [0.2, 0.8, 0]], [0, 0, 1], classes: 3);
        found.Likely.Should().Equal(null, 0, 1);
        found.Errors.Should().BeEmpty();
        found.Joint.Cast<double>().Sum().Should().BeApproximately(1, 1e-12);
    }

    private sealed record Golden(
        int Classes, int[] Labels, double[][] Probabilities, double[] Thresholds, int[] Likely, double[][] Joint, int[] Errors);
}
