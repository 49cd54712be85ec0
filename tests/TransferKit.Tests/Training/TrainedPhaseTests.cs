using TorchSharp;

namespace TransferKit.Tests.Training;

/// <summary>What a run says of itself is what it did.</summary>
[Trait("Lane", "Slow")]
public sealed class TrainedPhaseTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 15);
    private static readonly TransferPlan Plan = Backbone.ResNet18().ReplaceHead(2).WithImageSize(32).FreezeAll();
    private static readonly TrainingOptions Quick = new() { BatchSize = 8, Augment = false };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Fine_tuning_is_told_phase_by_phase_as_it_ran()
    {
        var log = new Log();
        using var run = Plan.Train(Data, Quick with { Epochs = 3, Strategy = TrainingStrategy.FineTune(), Logger = log });

        run.Phases.Should().HaveCount(2);
        var (head, rest) = (run.Phases[0], run.Phases[1]);
        (head.Number, head.Count, head.FirstEpoch, head.Epochs).Should().Be((1, 2, 1, 1));
        (rest.Number, rest.Count, rest.FirstEpoch, rest.Epochs).Should().Be((2, 2, 2, 3));
        (head.Layers, rest.Layers).Should().Be(("fc", "all layers"));
        (head.Parameters, rest.Parameters).Should().Be((1026, run.Model.CountParameters().Total));
        head.Strategy.Should().Be("fine-tuning, rate 0.002, 1 epoch for the head");
        head.Settings.Should().Contain("Epochs", "1").And.Contain("LearningRates", "one rate").And.Contain("Augment", "no");
        rest.Settings.Should().Contain("Epochs", "3").And.Contain("LearningRates", "rates from 1E-05 to 0.001");
        foreach (var phase in run.Phases)
        {
            phase.Settings["Optimizer"].Should().StartWith("AdamW, rate 0.00");
            phase.Settings["Schedule"].Should().StartWith("one cycle");
            phase.Settings["Loss"].Should().StartWith("cross-entropy");
            phase.Settings.Values.Should().NotContain(["True", "False", ""]);
            (phase.ImageSize, phase.TrainSamples, phase.ValidationSamples).Should().Be((32, 24, 6));
            phase.StopReason.Should().Be(StopReason.Completed);
        }
        head.FrozenLayers.Should().Contain("compiled");
        log.Lines.Should().Contain(line => line.Contains("Phase 1 of 2: Epochs 1") && line.Contains("(fc)"));
        log.Lines.Should().Contain(line => line.Contains("Phase 2 of 2: Epochs 3") && line.Contains("rates from 1E-05 to 0.001"));
        log.Lines.Where(line => line.StartsWith("Epoch")).Select(line => line[..9])
            .Should().Equal("Epoch 1/4", "Epoch 2/4", "Epoch 3/4", "Epoch 4/4");
        log.Lines.Should().NotContain(line => line.Contains("{ "), "records are written in words");
    }

    [Fact]
    public void A_linear_probe_names_no_optimizer_and_one_epoch()
    {
        using var run = Plan.Train(Data, Quick with { Strategy = TrainingStrategy.LinearProbe(), Epochs = 7, Augment = true });
        var phase = run.Phases.Should().ContainSingle().Subject;
        (phase.Epochs, phase.Layers, phase.Strategy).Should().Be((1, "fc", "linear probe, L2 1"));
        phase.Settings.Keys.Should().Equal("Solver", "L2", "Features", "Augment", "BatchSize", "Monitor");
        phase.Settings.Should().Contain("Augment", "no").And.Contain("Solver", "logistic regression, by L-BFGS");
    }

    [Fact]
    public void A_saved_model_keeps_the_phases_of_all_its_trainings()
    {
        var path = Path.Join(_folder, "model.tkm");
        using (var run = Plan.Train(Data, Quick with { Strategy = TrainingStrategy.LinearProbe() }))
            run.Model.Save(path);
        using var loaded = TransferModel.Load(path, ComputeDevice.Cpu);
        loaded.Training.Select(phase => phase.Strategy).Should().Equal("linear probe, L2 1");

        using var further = loaded.Train(Data, Quick with
        {
            Epochs = 2,
            Strategy = TrainingStrategy.GradualUnfreezing(),
            Schedule = Schedule.Cosine(),
        });
        further.Phases.Select(phase => phase.Layers).Should().Equal("fc", "layer4, fc");
        loaded.Save(path);
        using var again = TransferModel.Load(path, ComputeDevice.Cpu);
        again.Training.Should().HaveCount(3);
        again.Training.Should().BeEquivalentTo(loaded.Training, options => options.WithStrictOrdering());
        again.Training[2].Settings.Keys.Should().Equal(further.Phases[1].Settings.Keys);
        again.Training[2].ToString().Should().StartWith("phase 2 of 2, epoch 2: layer4, fc trained (");
    }

    [Fact]
    public void A_resumed_run_tells_of_all_its_epochs()
    {
        var saved = Quick with { Epochs = 2, Checkpoints = new CheckpointOptions(_folder) };
        using (Plan.Train(Data, saved))
        {
        }
        using var run = Plan.Train(Data, saved with { Epochs = 3 });
        var phase = run.Phases.Should().ContainSingle().Subject;
        (phase.FirstEpoch, phase.Epochs).Should().Be((1, 3));
    }

    [Fact]
    public void Early_stopping_and_layers_within_stages_are_said()
    {
        using var run = Plan.Unfreeze("layer4.1").Train(Data, Quick with
        {
            Epochs = 9,
            EarlyStopping = new EarlyStopping(Patience: 0),
            Optimizer = Optimizer.Sgd(1e-12),
        });
        var phase = run.Phases.Should().ContainSingle().Subject;
        (phase.Layers, phase.StopReason).Should().Be(("layer4.1, fc", StopReason.EarlyStopping));
        phase.Epochs.Should().Be(run.History.Count).And.BeLessThan(9);
        phase.Settings["Epochs"].Should().Be("9");
    }

    [Fact]
    public void An_epoch_knows_its_rates_step_by_step()
    {
        using var run = Plan.Train(Data, Quick with { Epochs = 2, Schedule = Schedule.Cosine(), Optimizer = Optimizer.Sgd(0.01) });
        // Three steps in each of two epochs.
        var expected = Enumerable.Range(0, 6).Select(step => 0.01 * (1 + Math.Cos(Math.PI * step / 6)) / 2).ToList();
        run.History.SelectMany(epoch => epoch.LearningRates).Should().Equal(expected, (a, b) => Math.Abs(a - b) < 1e-12);
        foreach (var epoch in run.History)
            epoch.LearningRate.Should().Be(epoch.LearningRates[^1]);
        using var probe = Plan.Train(Data, Quick with { Strategy = TrainingStrategy.LinearProbe() });
        probe.History[0].LearningRates.Should().BeEmpty();
    }

    [Fact]
    public void A_regression_has_outputs_and_no_classes()
    {
        using var scope = torch.NewDisposeScope();
        var data = new InMemoryDataset(
            torch.randn(12, 3, 32, 32), Targets.Regression([.. Enumerable.Range(0, 12).Select(i => new float[] { i })]), ["size"]);
        var plan = Backbone.ResNet18().ReplaceHead(1).WithImageSize(32);
        plan.ToString().Should().Contain("linear, 1 output,");
        using var run = plan.Train(data, data, Quick with { Epochs = 1 });
        run.Phases[0].Plan.Should().Contain("1 output,").And.NotContain("class");
        plan.ReplaceHead(3).Recipe.InWords(LearningTask.Regression).Should().Contain("3 outputs");
    }

    [Fact]
    public void What_people_print_is_in_words()
    {
        using var run = Plan.Train(Data, Quick with { Epochs = 1 });
        $"{run.Options}".Should().Be("Epochs 1; BatchSize 8; Augment no");
        $"{new TrainingOptions()}".Should().Be("the defaults");
        $"{run.History[0]}".Should().MatchRegex(
            @"^epoch 1: training loss \d\.\d{4}, accuracy \d\.\d{4}; validation loss \d+\.\d{4}, accuracy \d\.\d{4}; \d+\.\d s$");
        $"{run}".Should().StartWith("Completed after 1 epoch; best epoch 1: training loss");
        $"{TrainingStrategy.ProgressiveResizing(32, 64)}".Should().Be("progressive resizing, 32, 64 px");
    }

    /// <summary>Records that are printed by the compiler's ToString show braces, type names and collections' types.</summary>
    [Fact]
    public void No_result_prints_itself_as_the_compiler_does()
    {
        var compilers = typeof(TransferModel).Assembly.GetExportedTypes()
            .Where(type => !type.IsAbstract && type.GetMethod("<Clone>$") is not null | type.GetMethod("PrintMembers",
                System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance) is not null)
            .Where(type => type.GetMethod("ToString", [])!
                .IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute), inherit: false))
            .Select(type => type.Name);
        // Bundles of parameters, whose names are what there is to say.
        compilers.Should().BeSubsetOf(
        [
            "BackboneInfo", "Blueprint", "ChannelValues", "ChartLine", "Child", "ComparisonOptions", "DeviceInfo", "EvaluationOptions",
            "LabelErrorOptions", "LabelingOptions", "LearningCurveOptions", "LineChart", "MapOptions", "NeighborOptions", "OnnxOptions",
            "Preprocessing", "ReadOptions", "SchedulePosition", "KernelAxis", "TuningOptions", "WeightsInfo", "Kernel2d",
        ]);
    }
}
