using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Maps;

public sealed class DataMapTests
{
    private static readonly MapOptions Quick = new() { CacheFolder = null, Iterations = 300 };

    [Fact]
    public void Samples_of_a_class_lie_together()
    {
        var data = SyntheticImages.Create(perClass: 20, classes: 3);
        var map = data.Map(SpotsNetwork.Plan, Quick);

        map.Samples.Select(sample => sample.Index).Should().Equal(Enumerable.Range(0, 60));
        map.Samples.Select(sample => sample.Label).Should().Equal(data.Labels.Select(label => data.ClassNames[label]));
        map.Trustworthiness.Should().BeGreaterThan(0.9);
        var right = map.Samples.Count(one => map.Samples.Where(other => other != one)
            .MinBy(other => Math.Pow(other.X - one.X, 2) + Math.Pow(other.Y - one.Y, 2))!.Label == one.Label);
        right.Should().BeGreaterThan(50);
        $"{map}".Should().StartWith("a map of 60 samples, trustworthiness 0.9");
    }

    [Fact]
    public void It_is_written_as_a_table()
    {
        var path = Path.GetTempFileName();
        try
        {
            SyntheticImages.Create(perClass: 3).Map(SpotsNetwork.Plan, Quick).SaveCsv(path);
            var lines = File.ReadAllLines(path);
            lines[0].Should().Be("index,name,label,x,y");
            lines.Should().HaveCount(7);
            lines[1].Should().StartWith("0,0,class 0,");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var data = SyntheticImages.Create(perClass: 1);
        data.Invoking(it => it.Map(SpotsNetwork.Plan, Quick with { Perplexity = 0, BatchSize = 0 })).Should().Throw<ArgumentException>()
            .WithMessage("*Perplexity is 0*BatchSize is 0*");
        data.Invoking(it => it.Map(SpotsNetwork.Plan, Quick)).Should().Throw<InvalidOperationException>()
            .WithMessage("2 of 2 samples could be read, and 4 are needed*");
    }
}
