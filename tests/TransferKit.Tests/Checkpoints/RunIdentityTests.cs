using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;
using TransferKit.Tests.Weights;

namespace TransferKit.Tests.Checkpoints;

/// <summary>Which runs go on from a checkpoint: also one of the format before, which says what it is in words.</summary>
[Trait("Lane", "Slow")]
public sealed class RunIdentityTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 8);

    /// <summary>What the fixtures were begun with; killed in their third epoch.</summary>
    private static readonly TransferPlan Plan = SpotsNetwork.Plan;

    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-test-").FullName;

    private TrainingOptions Options => new()
    {
        Epochs = 3, BatchSize = 8, Optimizer = Optimizer.AdamW(0.01), Mix = Mix.OneOf(Mix.MixUp(0.4), Mix.CutMix(1.5)),
        Average = WeightAverage.Ema(0.9), Loss = Loss.CrossEntropy(0.1), EarlyStopping = new EarlyStopping(Patience: 9, MinimumDelta: 0.25),
        Schedule = Schedule.OneCycle(), ClipNorm = 1.5, Checkpoints = new CheckpointOptions(_folder),
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("format-1.checkpoint")]
    [InlineData("format-1-comma.checkpoint")]
    public void A_run_of_the_format_before_goes_on_whatever_the_culture_it_was_begun_in(string fixture)
    {
        Copy(fixture);
        using var culture = new OtherCulture();
        using (var run = Plan.Train(Data, Data, Options))
        {
            run.History.Should().HaveCount(3);
            run.History[0].TrainLoss.Should().Be(0.5955401659011841, "it was not made again");
        }
        Checkpoint.ReadState(Directory.GetFiles(_folder).Order().Last()).FormatVersion.Should().Be(RunState.CurrentVersion);
        using var again = Plan.Train(Data, Data, Options);
        again.History.Should().HaveCount(3);
    }

    [Fact]
    public void Another_run_than_that_of_the_format_before_is_refused_and_what_to_do_is_said()
    {
        Copy("format-1.checkpoint");
        var train = () => Plan.Train(Data, Data, Options with { Mix = Mix.MixUp(0.5), ClipNorm = null });
        train.Should().Throw<CheckpointException>().WithMessage("*it belongs to another run: Mix is 'MixUp { Alpha = 0.5 }', "
            + "there it is 'OneOf { MixUp { Alpha = 0.4 }, CutMix { Alpha = 1.5 } }'; ClipNorm is '', there it is '1.5'. It is of an earlier version of "
            + "TransferKit*end the run with that version. Choose another folder, delete this one, or set Resume to false.");
    }

    [Fact]
    public void What_differs_is_named_down_to_the_parameter()
    {
        Plan.Train(Data, Data, Options with { Epochs = 1 }).Dispose();
        Refusal(Plan, Options with { Optimizer = Optimizer.AdamW(0.02) }).Should()
            .Contain("another run: Optimizer.LearningRate is '0.02', there it is '0.01'. Choose");
        Refusal(Plan, Options with { Optimizer = Optimizer.Sgd(0.01) }).Should()
            .Contain("Optimizer is '{\"kind\":\"sgd\",\"Momentum\":0.9,").And.Contain("there it is '{\"kind\":\"adam\",");
        Refusal(Plan, Options with { Mix = Mix.OneOf(Mix.MixUp(0.4), Mix.CutMix(2)), ClipNorm = null }).Should()
            .Contain("ClipNorm is 'null', there it is '1.5'").And.Contain("Mix.Mixes[1].Alpha is '2', there it is '1.5'");
        Refusal(Plan.WithBatchNorm(BatchNormMode.FollowTraining), Options).Should()
            .Contain("another run: Plan.BatchNorm is 'FollowTraining', there it is 'AlwaysFrozen'.");
        Refusal(Plan.Freeze("stem"), Options).Should().Contain("Plan.Freezing.Rules is '[{\"Pattern\":\"stem\",\"Train\":false}]', there it is '[]'");
    }

    [Fact]
    public void A_checkpoint_with_an_options_earlier_name_is_read_under_its_present_one()
    {
        var state = RunStateJson.Parse("""{"formatVersion":2,"run":{"Watch":{"Name":"macro F1"},"Seed":3}}"""u8);
        state.Run.Keys.Should().Equal("Monitor", "Seed");
        state.Run["Monitor"].GetProperty("Name").GetString().Should().Be("macro F1");
    }

    [Theory]
    [MemberData(nameof(OtherCulture.Names), MemberType = typeof(OtherCulture))]
    public void A_run_goes_on_in_another_culture_as_if_nothing_had_happened(string name)
    {
        var options = Options with { Schedule = Schedule.Step(1, 0.5), Seed = -1 };
        using var whole = Plan.Train(Data, Data, options with { Checkpoints = null });
        Plan.Train(Data, Data, options with { Epochs = 1 }).Dispose();
        using (new OtherCulture(name))
            Plan.Train(Data, Data, options with { Epochs = 2 }).Dispose();
        using var end = Plan.Train(Data, Data, options);
        end.History.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss))
            .Should().Equal(whole.History.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss)));
    }

    private static string Refusal(TransferPlan plan, TrainingOptions options) =>
        plan.Invoking(one => one.Train(Data, Data, options)).Should().Throw<CheckpointException>().Which.Message;

    private void Copy(string fixture) => File.Copy(
        WeightsFixtures.Path($"../../Checkpoints/Fixtures/{fixture}"), Path.Join(_folder, "epoch-0003-step-000000.checkpoint"));
}
