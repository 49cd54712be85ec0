using TransferKit.Tests.Distributed;

namespace TransferKit.Vision.Tests;

/// <summary>What several processes do with pictures, each with some of them.</summary>
public sealed class DistributedPicturesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // With one that nobody can read.
    private readonly string[] _files;

    public DistributedPicturesTests() => _files =
        [.. SmallModel.Pictures.Take(5), _folder.Write("broken.jpg", "no picture"u8), .. SmallModel.Pictures.Skip(5)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(7)]
    public void Predictions_are_those_of_one_process_to_the_bit(int ranks)
    {
        using var model = SmallModel.Build();
        var path = model.SaveIn(_folder);
        List<PredictionResult> Predict(ProcessGroup group)
        {
            using var predictor = Predictor.Load(path, new PredictorOptions { BatchSize = 2 });
            return [.. predictor.PredictMany(_files, group)];
        }

        var alone = Predict(ProcessGroup.Alone);
        alone.Should().HaveCount(9).And.ContainSingle(one => !one.IsSuccess);
        foreach (var results in ThreadGroup.Run(ranks, Predict))
            foreach (var (one, expected) in results.Zip(alone, (one, expected) => (one, expected)).Append((results[^1], alone[^1])))
            {
                one.Image.Name.Should().Be(expected.Image.Name);
                $"{one}".Should().Be($"{expected}");
                (one.Prediction?.Logits ?? []).Should().Equal(expected.Prediction?.Logits ?? []);
                (one.Prediction?.Probabilities ?? []).Should().Equal(expected.Prediction?.Probabilities ?? []);
            }
    }

    [Fact]
    public void Other_pictures_at_a_rank_and_unreadable_ones_are_named()
    {
        using var model = SmallModel.Build();
        var path = model.SaveIn(_folder);
        Fail(group => SmallModel.Pictures.Skip(group.Rank).Select(ImageSource.FromFile))
            .Should().StartWith("Rank 1 of 2 is about to predict other pictures, or other classes, than rank 0.");
        Fail(group => SmallModel.Pictures.Take(8 - 4 * group.Rank).Select(ImageSource.FromFile))
            .Should().StartWith("Rank 1 of 2 is about to predict other pictures");
        Fail(group => SmallModel.Pictures.Select(file =>
                ImageSource.FromStream(() => group.Rank == 1 ? new MemoryStream([1, 2, 3]) : File.OpenRead(file), file)))
            .Should().StartWith("Rank 1 of 2 can't read the sample ").And.Contain(", which Rank 0 of 2 can: Cannot read the image");

        string Fail(Func<ProcessGroup, IEnumerable<ImageSource>> pictures)
        {
            var errors = ThreadGroup.Try(2, group =>
            {
                using var predictor = Predictor.Load(path, new PredictorOptions { BatchSize = 2 });
                return predictor.PredictMany(pictures(group), group).Count();
            }).Select(outcome => outcome.Error).ToList();
            errors.Should().AllSatisfy(error => error.Should().BeOfType<DistributedException>());
            errors[1]!.Message.Should().Be(errors[0]!.Message);
            return errors[0]!.Message;
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void An_inspection_is_that_of_one_process(int ranks)
    {
        foreach (var (place, file) in _files.Concat(SmallModel.Pictures.Take(2)).Index())
            _folder.Write($"set/{(place % 2 == 0 ? "even" : "odd")}/{place}{Path.GetExtension(file)}", File.ReadAllBytes(file));
        InspectionReport Inspect(ProcessGroup group)
        {
            var data = ImageFolder.Open(Path.Join(_folder.Path, "set"));
            return data.Inspect(distributed: group);
        }

        var alone = Inspect(ProcessGroup.Alone);
        alone.Unreadable.Should().ContainSingle();
        alone.Duplicates.Should().HaveCount(2);
        foreach (var report in ThreadGroup.Run(ranks, Inspect))
        {
            $"{report}".Should().Be($"{alone}");
            (report.Smallest, report.Largest).Should().Be((alone.Smallest, alone.Largest));
            report.Duplicates.Select(group => string.Join(' ', group)).Should().Equal(alone.Duplicates.Select(group => string.Join(' ', group)));
        }
    }
}
