using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Tensorboard;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public sealed class WatchingTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 10);
    private static readonly TransferPlan Plan = Backbone.SqueezeNet1_1().ReplaceHead(2).FreezeAll();
    private static readonly TrainingOptions Quick = new() { Epochs = 2, BatchSize = 8, Augment = false };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Events_come_in_order()
    {
        var events = new Events();
        using var run = Plan.Train(Data, Quick with { Observers = [events] });
        events.Lines.Should().Equal("start 2 epochs, 0 done", "progress", "epoch 1", "progress", "epoch 2", "end Completed");
    }

    [Fact]
    public void A_run_that_fails_ends_with_its_error()
    {
        var events = new Events();
        var train = () => Plan.Train(Data, Quick with { Observers = [events] }, new Thrower());
        train.Should().Throw<NotFiniteNumberException>();
        events.Lines[^1].Should().Be("end with NotFiniteNumberException");
    }

    [Fact]
    public void An_observer_that_throws_is_left_out_and_the_run_goes_on()
    {
        var (events, log) = (new Events(), new Log());
        using var run = Plan.Train(Data, Quick with { Observers = [new Thrower(), events], Logger = log });
        run.StopReason.Should().Be(StopReason.Completed);
        run.ObserverErrors.Should().ContainSingle().Which.Should().BeOfType<NotFiniteNumberException>();
        log.Warnings.Where(line => line.Contains("observer")).Should().ContainSingle().Which.Should().Be(
            "The observer Thrower failed, and is told nothing more of this run.");
        events.Lines.Should().HaveCount(6, "others are told as ever");
    }

    [Theory]
    [InlineData("history.csv")]
    [InlineData("history.jsonl")]
    public void A_history_file_has_every_epoch_once_also_after_a_resume(string name)
    {
        var path = Path.Join(_folder, "runs", name);
        var options = Quick with
        {
            Epochs = 3,
            Observers = [new HistoryFile(path)],
            Checkpoints = new CheckpointOptions(Path.Join(_folder, "checkpoints")),
        };
        // A cut within an epoch, when lines were written of what comes again.
        var killed = () => Plan.Train(Data, options, new Thrower(afterEpochs: 2));
        killed.Should().Throw<NotFiniteNumberException>();
        Epochs(path).Should().HaveCount(2);
        File.AppendAllText(path, File.ReadLines(path).Last() + "\n");
        using var run = Plan.Train(Data, options);
        Epochs(path).Should().Equal(run.History.Select(epoch => (epoch.Epoch, epoch.TrainLoss, epoch.ValidationAccuracy)));
    }

    [Fact]
    public void A_history_ends_in_csv_or_jsonl() => FluentActions.Invoking(() => new HistoryFile("history.txt"))
        .Should().Throw<ArgumentException>().WithMessage("A history ends in .csv or .jsonl, not in '.TXT'*");

    [Fact]
    public void TensorBoard_files_read_back()
    {
        using var run = Plan.Train(Data, Quick with { Observers = [new TensorBoardLog(_folder)] });
        var file = Directory.GetFiles(_folder).Should().ContainSingle().Which;
        Path.GetFileName(file).Should().StartWith("events.out.tfevents.");
        var events = ReadEvents(File.ReadAllBytes(file)).ToList();
        events[0].FileVersion.Should().Be("brain.Event:2");
        events.Should().OnlyContain(found => DateTimeOffset.UtcNow.ToUnixTimeSeconds() - found.WallTime < 3600);
        List<(long Step, float Value)> Series(string tag) =>
        [
            .. from found in events
               where found.Summary is not null
               from value in found.Summary.Value
               where value.Tag == tag
               select (found.Step, value.SimpleValue),
        ];
        Series("batch/loss").Select(point => point.Step).Should().Equal(1, 2, 3, 4);
        Series("batch/learning_rate").Should().OnlyContain(point => point.Value == 0.001f);
        Series("loss/validation").Should().Equal(run.History.Select(epoch => ((long)epoch.Epoch, (float)epoch.ValidationLoss)));
        Series("accuracy/train").Should().Equal(run.History.Select(epoch => ((long)epoch.Epoch, (float)epoch.TrainAccuracy)));
    }

    [Fact]
    public void Metrics_and_activities_tell_what_a_run_did()
    {
        var (sums, rates, activities) = (new Dictionary<string, long>(), new List<double>(), new List<Activity>());
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "TransferKit")
                listener.EnableMeasurementEvents(instrument);
        }
        };
        meters.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) => sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value);
        meters.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
        {
            if (instrument.Name.EndsWith("learning_rate", StringComparison.Ordinal))
                rates.Add(value);
        });
        meters.Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "TransferKit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var run = Plan.Train(Data, Quick);
        sums.Should().Equal(new Dictionary<string, long>
        {
            ["transferkit.training.steps"] = 4, ["transferkit.training.samples"] = 32,
        });
        rates.Should().Equal(0.001, 0.001, 0.001, 0.001);
        activities.Select(activity => activity.OperationName).Should().Equal("epoch", "epoch", "training");
        activities[0].ParentId.Should().Be(activities[2].Id);
        activities[2].GetTagItem("transferkit.stop_reason").Should().Be("Completed");
    }

    private static List<(int, double, double)> Epochs(string path)
    {
        if (path.EndsWith(".jsonl", StringComparison.Ordinal))
            return [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement).Select(epoch => (
                (int)epoch.GetProperty("epoch").GetDouble(), epoch.GetProperty("train_loss").GetDouble(),
                epoch.GetProperty("validation_accuracy").GetDouble()))];
        var lines = File.ReadLines(path).Select(line => line.Split(',')).ToList();
        double Cell(string[] line, string name) =>
            double.Parse(line[Array.IndexOf(lines[0], name)], CultureInfo.InvariantCulture);
        return
        [
            .. lines.Skip(1).Select(line =>
                ((int)Cell(line, "epoch"), Cell(line, "train_loss"), Cell(line, "validation_accuracy"))),
        ];
    }

    /// <summary>Reads records as TensorFlow frames them, checking their checksums.</summary>
    private static IEnumerable<Event> ReadEvents(byte[] file)
    {
        for (var place = 0; place < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(place));
            BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(place + 8)).Should().Be(Masked(file.AsSpan(place, 8)));
            var bytes = file.AsSpan(place + 12, length);
            BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(place + 12 + length)).Should().Be(Masked(bytes));
            place += 16 + length;
            yield return Event.Parser.ParseFrom(bytes.ToArray());
        }
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }

    private sealed class Events : ITrainingObserver
    {
        public List<string> Lines { get; } = [];

        public void Started(TrainingStart start) => Lines.Add($"start {start.Epochs} epochs, {start.History.Count} done");

        public void Progressed(TrainingProgress progress)
        {
            if (Lines[^1] != "progress" && progress.Finished is null)
                Lines.Add("progress");
        }

        public void EpochFinished(EpochResult epoch) => Lines.Add($"epoch {epoch.Epoch}");

        public void Ended(TrainingEnd outcome) =>
            Lines.Add(outcome.Error is { } error ? $"end with {error.GetType().Name}" : $"end {outcome.Reason}");
    }

    private sealed class Thrower(int afterEpochs = 0) : IProgress<TrainingProgress>, ITrainingObserver
    {
        public void Report(TrainingProgress value)
        {
            if (value.Epoch > afterEpochs)
                throw new NotFiniteNumberException("killed");
        }

        public void Progressed(TrainingProgress progress) => Report(progress);
    }
}
