namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class ConsoleProgressTests
{
    private static readonly EpochResult Epoch = new()
    {
        Epoch = 1, TrainLoss = 0.65234, TrainAccuracy = 0.8, ValidationLoss = 0.43212, ValidationAccuracy = 0.8123, Monitored = 0.8123,
        LearningRate = 0.001, TrainTime = TimeSpan.FromSeconds(50), ValidationTime = TimeSpan.FromSeconds(12.3),
        TrainImagesPerSecond = 4.3,
    };

    private static readonly TrainingProgress Batch = new()
    {
        Epoch = 1, Epochs = 10, Phase = TrainingPhase.Training, Step = 25, Steps = 100, Samples = 800, Loss = 0.71234,
        Accuracy = 0.6543, ImagesPerSecond = 20, TimeLeft = TimeSpan.FromMinutes(2),
    };

    [Fact]
    public void Redirected_output_has_a_plain_line_an_epoch()
    {
        using var to = new StringWriter { NewLine = "\n" };
        Show(new ConsoleProgress(to, width: null, isUnicode: false));
        to.ToString().Should().Be(
            """
            warning: Few training samples: daisy 3.
            epoch 1/10: training loss 0.6523, accuracy 0.8000; validation loss 0.4321, accuracy 0.8123; 62.3 s, best so far
            epoch 2/10: training loss 0.5000, accuracy 0.8000; validation loss 0.5000, accuracy 0.8123; 62.3 s

            """);
    }

    [Fact]
    public void A_terminal_of_80_columns_has_a_table_and_a_bar_that_fits()
    {
        using var to = new StringWriter { NewLine = "\n" };
        Show(new ConsoleProgress(to, () => 80, isUnicode: true));
        var lines = to.ToString().Split('\n').Select(Visible).ToList();
        lines.Should().StartWith(
        [
            "warning: Few training samples: daisy 3.",
            "  epoch  training loss  validation loss  accuracy      time",
            "   1/10         0.6523           0.4321    0.8123      1:02  best so far",
            "   2/10         0.5000           0.5000    0.8123      1:02",
        ]);
        var drawn = to.ToString().Split('\r', '\n').Where(part => part.Contains("left")).ToList();
        drawn.Should().HaveCount(1, "what is drawn at once after it would not be seen");
        drawn[0].TrimEnd().Should().MatchRegex("^   1/10  training    ━+─+  25 %  loss 0.7123   26:00 left$");
        drawn[0].Count(letter => letter is '━' or '─').Should().BeGreaterThan(20);
        drawn[0].Length.Should().BeLessThan(80);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(200)]
    public void No_line_is_wider_than_the_terminal(int columns)
    {
        using var to = new StringWriter { NewLine = "\n" };
        var shown = new ConsoleProgress(to, () => columns, isUnicode: false);
        shown.Started(Start(string.Join(' ', Enumerable.Repeat("Few samples of every class that there is.", 5))));
        shown.Report(Batch with { Epoch = 100, Epochs = 100, TimeLeft = TimeSpan.FromHours(30) });
        shown.Ended(new TrainingEnd(StopReason.Cancelled, null));
        var text = to.ToString();
        text.Split('\r', '\n').Should().OnlyContain(line => line.Length < columns);
        text.Should().EndWith(" \r", "what comes next begins on a clean line");
        text.Contains("accuracy").Should().Be(columns == 200);
    }

    [Fact]
    public void Its_time_left_is_that_of_the_whole_run()
    {
        // Three epochs more, each as long as the last one, and a validation.
        string Left(TrainingProgress now)
        {
            using var to = new StringWriter { NewLine = "\n" };
            var shown = new ConsoleProgress(to, () => 80, isUnicode: false);
            shown.Report(Batch with { Finished = Epoch });
            shown.Report(now with { Epoch = 7 });
            return to.ToString().TrimEnd().Split("  ")[^1].Trim();
        }
        Left(Batch).Should().Be("5:19 left");
        Left(Batch with { Phase = TrainingPhase.Validation }).Should().Be("5:06 left");
        Left(Batch with { Phase = TrainingPhase.Preparation }).Should().Be("2:00 left");
    }

    [Fact]
    public void A_regression_has_no_accuracy_and_a_watched_score_its_name()
    {
        string Shown(Score? watch, EpochResult epoch)
        {
            using var to = new StringWriter { NewLine = "\n" };
            var shown = new ConsoleProgress(to, () => 80, isUnicode: false);
            shown.Started(Start() with { Options = new TrainingOptions { Monitor = watch } });
            shown.Report(Batch with { Finished = epoch, IsBest = true });
            return to.ToString();
        }
        Shown(null, Epoch with { TrainAccuracy = double.NaN, ValidationAccuracy = double.NaN }).Should().NotContain("accuracy")
            .And.NotContain("NaN");
        Shown(Score.MacroF1, Epoch with { Monitored = 0.75 }).Should().Contain("macro F1").And.Contain("0.7500");
    }

    [Fact]
    public void A_run_tells_it_of_phases_epochs_and_the_best_of_them()
    {
        using var to = new StringWriter { NewLine = "\n" };
        using var run = Backbone.ResNet18().ReplaceHead(2).WithImageSize(32).Train(SyntheticImages.Create(perClass: 10),
            new TrainingOptions { Epochs = 2, BatchSize = 8, Strategy = TrainingStrategy.FineTune() }, new ConsoleProgress(to, width: null, isUnicode: false));
        var lines = to.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Where(line => line.StartsWith("phase")).Should().HaveCount(2);
        lines.Should().Contain(line => line.StartsWith("phase 1 of 2: fc train, AdamW"));
        lines.Should().Contain(line => line.StartsWith("phase 2 of 2: all layers train, AdamW"));
        lines.Where(line => line.StartsWith("epoch")).Select(line => line[..9]).Should().Equal("epoch 1/3", "epoch 2/3", "epoch 3/3");
        lines.Last(line => line.EndsWith("best so far")).Should().StartWith($"epoch {run.Best!.Epoch}/3");
    }

    private static void Show(ConsoleProgress shown)
    {
        shown.Started(Start("Few training samples: daisy 3."));
        shown.Report(Batch);
        shown.Report(Batch with { Step = 26 });
        shown.Report(Batch with { Finished = Epoch, IsBest = true });
        shown.Report(Batch with { Epoch = 2, Finished = Epoch with { Epoch = 2, TrainLoss = 0.5, ValidationLoss = 0.5 } });
        shown.Ended(new TrainingEnd(StopReason.Completed, null));
    }

    /// <summary>What stays in a line in which the cursor went back.</summary>
    private static string Visible(string line) => line.Split('\r')[^1];

    private static TrainingStart Start(params string[] warnings) => new()
    {
        Model = "resnet18", Plan = $"{Backbone.ResNet18()}", Layers = "fc", Parameters = 1026,
        Options = new TrainingOptions(), Phase = 1, Phases = 1, Epochs = 10,
        TrainSamples = 100, ValidationSamples = 25, History = [], Warnings = warnings,
    };
}
