using System.Net.Http.Headers;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public sealed class MlflowLogTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 10);
    private static readonly TransferPlan Plan = Backbones.SpotsNetwork.Plan;
    private static readonly TrainingOptions Quick = new() { Epochs = 2, BatchSize = 8, Augment = false };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_has_parameters_and_metrics_by_batch_and_epoch()
    {
        using var server = new MlflowStandIn("/behind/a/proxy");
        var log = new MlflowLog("flowers & trees") { TrackingUri = server.Address, RunName = "first" };
        using var run = Plan.Train(Data, Quick with { Observers = [log] });

        run.ObserverErrors.Should().BeEmpty();
        var logged = server.OnlyRun;
        (logged.Id, logged.Name, logged.Experiment, logged.Status).Should().Be((log.RunId!, "first", "flowers & trees", "FINISHED"));
        logged.EndTime.Should().BeGreaterThanOrEqualTo(logged.StartTime);
        logged.Tags["mlflow.user"].Should().Be(Environment.UserName);
        logged.Params.Should().Contain("Epochs", "2").And.Contain("BatchSize", "8").And.Contain("model", "spots")
            .And.Contain("Optimizer", $"{Quick.Optimizer}").And.Contain("training samples", "16");
        logged.Series("batch/loss").Select(point => point.Step).Should().Equal(1, 2, 3, 4);
        logged.Series("batch/learning_rate").Should().OnlyContain(point => point.Value == 0.001);
        logged.Series("loss/validation").Should().Equal(run.History.Select(epoch => ((long)epoch.Epoch, epoch.ValidationLoss)));
        logged.Series("accuracy/train").Should().Equal(run.History.Select(epoch => ((long)epoch.Epoch, epoch.TrainAccuracy)));
        logged.Metrics.Should().OnlyContain(metric => Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - metric.Timestamp) < 600_000);

        // The experiment is found the next time, and the run is another one.
        using var second = Plan.Train(Data, Quick with { Observers = [log] });
        server.Experiments.Should().Equal("Default", "flowers & trees");
        server.Runs.Should().HaveCount(2);
    }

    [Fact]
    public void A_run_that_goes_on_from_a_checkpoint_goes_on_there()
    {
        using var server = new MlflowStandIn();
        var file = Path.Join(_folder, "mlflow.jsonl");
        var options = Quick with { Epochs = 3, Checkpoints = new CheckpointOptions(Path.Join(_folder, "checkpoints")) };
        // A cut within an epoch, of which batches were logged that come again.
        var killed = () => Plan.Train(Data, options with { Observers = [Log()] }, new Killer(afterEpochs: 2));
        killed.Should().Throw<NotFiniteNumberException>();
        server.OnlyRun.Status.Should().Be("FAILED");
        using var run = Plan.Train(Data, options with { Observers = [Log()] });

        run.ObserverErrors.Should().BeEmpty();
        server.OnlyRun.Status.Should().Be("FINISHED");
        server.OnlyRun.Series("batch/loss").Select(point => point.Step).Should().Equal(1, 2, 3, 4, 5, 6);
        server.OnlyRun.Series("loss/train").Should().Equal(run.History.Select(epoch => ((long)epoch.Epoch, epoch.TrainLoss)));

        // With more epochs it is still that run, and its parameters, which can't be changed, stay.
        using var longer = Plan.Train(Data, options with { Epochs = 4, Observers = [Log()] });
        longer.ObserverErrors.Should().BeEmpty();
        server.OnlyRun.Series("loss/train").Should().HaveCount(4);
        server.OnlyRun.Params["Epochs"].Should().Be("3");

        // Another run in the same file is another one.
        using var anew = Plan.Train(Data, Quick with { Observers = [Log()] });
        server.Runs.Should().HaveCount(2);

        MlflowLog Log() => new("flowers", file) { TrackingUri = server.Address };
    }

    [Fact]
    public void What_a_server_misses_it_gets_when_it_is_back()
    {
        using var server = new MlflowStandIn();
        var log = new MlflowLog("flowers") { TrackingUri = server.Address };
        var logged = new Log();
        using var run = Plan.Train(
            Data, Quick with { Epochs = 4, Observers = [new Away(server, from: 1, to: 3), log], Logger = logged });

        run.ObserverErrors.Should().BeEmpty();
        run.History.Should().HaveCount(4);
        server.OnlyRun.Status.Should().Be("FINISHED");
        server.OnlyRun.Series("batch/loss").Select(point => point.Step).Should().Equal(1, 2, 3, 4, 5, 6, 7, 8);
        server.OnlyRun.Series("loss/train").Select(point => point.Step).Should().Equal(1, 2, 3, 4);
        logged.Warnings.Count(line => line.Contains("MLflow")).Should().BeLessThanOrEqualTo(1);
    }

    [Fact]
    public void What_is_not_sent_when_the_run_ends_is_kept_and_said()
    {
        using var server = new MlflowStandIn { IsAway = true };
        var file = Path.Join(_folder, "mlflow.jsonl");
        var logged = new Log();
        using var run = Plan.Train(
            Data, Quick with { Observers = [new MlflowLog("flowers", file) { TrackingUri = server.Address }], Logger = logged });

        run.StopReason.Should().Be(StopReason.Completed);
        run.ObserverErrors.Should().ContainSingle().Which.Should().BeOfType<MlflowException>().Which.Message.Should()
            .StartWith($"MLflow at {server.Address}: mlflow/experiments/get-by-name is refused (503 TEMPORARILY_UNAVAILABLE, away).")
            .And.Contain("entries aren't sent, and are kept in " + file);
        logged.Warnings.Where(line => line.StartsWith($"MLflow at {server.Address}", StringComparison.Ordinal)).Should().ContainSingle()
            .Which.Should().EndWith("Training goes on, and what the server should get is kept until it takes it.");
        server.Runs.Should().BeEmpty();

        server.IsAway = false;
        var later = new MlflowLog("flowers", file) { TrackingUri = server.Address };
        later.Flush();
        server.OnlyRun.Status.Should().Be("FINISHED");
        server.OnlyRun.Series("batch/loss").Should().HaveCount(4);
        server.OnlyRun.Params.Should().Contain("Epochs", "2");
        later.RunId.Should().Be(server.OnlyRun.Id);
        later.Flush();
        server.Runs.Should().ContainSingle("all is sent by now");
    }

    [Fact]
    public void An_earlier_run_that_still_cannot_be_sent_is_moved_aside()
    {
        using var server = new MlflowStandIn { IsAway = true };
        var file = Path.Join(_folder, "mlflow.jsonl");
        for (var i = 0; i < 2; i++)
            Plan.Train(Data, Quick with { Observers = [new MlflowLog("flowers", file) { TrackingUri = server.Address }] }).Dispose();
        server.IsAway = false;
        foreach (var left in Directory.GetFiles(_folder))
            new MlflowLog("flowers", left) { TrackingUri = server.Address }.Flush();
        server.Runs.Values.Select(run => run.Series("loss/train").Count()).Should().Equal(2, 2);
    }

    [Fact]
    public void Phases_are_one_run_and_have_parameters_of_their_own()
    {
        using var server = new MlflowStandIn();
        var log = new MlflowLog("flowers") { TrackingUri = server.Address };
        using var run = Plan.Train(Data, Quick with { Observers = [log], Strategy = TrainingStrategy.FineTune() });

        run.ObserverErrors.Should().BeEmpty();
        server.OnlyRun.Status.Should().Be("FINISHED");
        server.OnlyRun.Params.Should().Contain("phase 1/layers", "fc").And.Contain("phase 2/layers", "all layers");
        server.OnlyRun.Series("loss/train").Select(point => (int)point.Step).Should().Equal(run.History.Select(epoch => epoch.Epoch));
    }

    [Fact]
    public void Thousands_of_batches_are_sent_within_the_servers_limits()
    {
        using var server = new MlflowStandIn();
        var file = Path.Join(_folder, "mlflow.jsonl");
        var outbox = new MlflowOutbox(file, new MlflowRun { StartTime = 1 });
        outbox.Add(new MlflowEntry { Phase = 1, Params = [new("name", "value")] });
        for (var batch = 1; batch <= 1500; batch++)
            outbox.Add(new MlflowEntry { Batch = batch, Metrics = [new("loss", 0, 5, batch), new("accuracy", batch, 5, batch)] });
        // Killed while it wrote.
        File.AppendAllText(file, "{\"batch\":1501,\"metr");
        new MlflowLog("flowers", file) { TrackingUri = server.Address }.Flush();

        server.OnlyRun.Batches.Should().HaveCount(4).And.OnlyContain(count => count <= 1000);
        server.OnlyRun.Series("accuracy").Should().Equal(Enumerable.Range(1, 1500).Select(step => ((long)step, (double)step)));
        server.OnlyRun.Series("loss").Should().OnlyContain(point => point.Value == 0).And.HaveCount(1500);
        (server.OnlyRun.StartTime, server.OnlyRun.Params["name"]).Should().Be((1, "value"));
    }

    [Theory]
    [InlineData("MLFLOW_TRACKING_TOKEN=t0ken", "Bearer t0ken")]
    [InlineData("MLFLOW_TRACKING_USERNAME=ann;MLFLOW_TRACKING_PASSWORD=p:w", "Basic YW5uOnA6dw==")]
    [InlineData("MLFLOW_TRACKING_TOKEN=t0ken;MLFLOW_TRACKING_USERNAME=ann;MLFLOW_TRACKING_PASSWORD=p:w", "Basic YW5uOnA6dw==")]
    public void The_environment_says_where_and_who(string variables, string expected)
    {
        using var server = new MlflowStandIn { Authorization = expected };
        var known = variables.Split(';').Select(one => one.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        known["MLFLOW_TRACKING_URI"] = server.Address.AbsoluteUri;
        var log = new MlflowLog("flowers", file: null, known.GetValueOrDefault);
        using var run = Plan.Train(Data, Quick with { Observers = [log] });
        run.ObserverErrors.Should().BeEmpty();
        server.OnlyRun.Status.Should().Be("FINISHED");
    }

    [Fact]
    public void A_refusal_says_why_and_what_to_do()
    {
        using var server = new MlflowStandIn { Authorization = "Bearer other" };
        var log = new MlflowLog("flowers") { TrackingUri = server.Address, Authorization = new AuthenticationHeaderValue("Bearer", "mine") };
        using var run = Plan.Train(Data, Quick with { Observers = [log] });
        run.ObserverErrors.Should().ContainSingle().Which.Message.Should().Contain("(401 UNAUTHENTICATED, You are not authenticated)")
            .And.Contain("Set MLFLOW_TRACKING_USERNAME").And.Contain("will be lost with the program");
    }

    [Fact]
    public void Files_go_through_the_server()
    {
        using var server = new MlflowStandIn();
        var log = new MlflowLog("flowers") { TrackingUri = server.Address };
        log.Invoking(it => it.LogArtifact("report.html")).Should().Throw<InvalidOperationException>().WithMessage("No run was logged*");
        using var run = Plan.Train(Data, Quick with { Observers = [log] });
        var path = Path.Join(_folder, "räport & more.txt");
        File.WriteAllText(path, "good");
        log.LogArtifact(path);
        log.LogArtifact(path, "reports/today");
        server.Files.Keys.Should().BeEquivalentTo(
            $"1/{log.RunId}/artifacts/räport & more.txt", $"1/{log.RunId}/artifacts/reports/today/räport & more.txt");
        server.Files.Values.Should().OnlyContain(bytes => bytes.Length == 4);

        using var other = new MlflowStandIn { ArtifactRoot = "s3://bucket" };
        var elsewhere = new MlflowLog("flowers") { TrackingUri = other.Address };
        using var second = Plan.Train(Data, Quick with { Observers = [elsewhere] });
        elsewhere.Invoking(it => it.LogArtifact(path)).Should().Throw<MlflowException>().WithMessage("*go to 's3://bucket/*--serve-artifacts*");
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        FluentActions.Invoking(() => new MlflowLog(" ")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new MlflowLog("x") { TrackingUri = new Uri("file:///tmp/mlruns") }).Should().Throw<ArgumentException>()
            .WithMessage("'file:///tmp/mlruns' is not the address of an MLflow server*mlflow server*");
        FluentActions.Invoking(() => new MlflowLog("x", null, name => name == "MLFLOW_TRACKING_URI" ? "mlruns" : null))
            .Should().Throw<ArgumentException>().WithMessage("MLFLOW_TRACKING_URI is 'mlruns'*");
        var file = Path.Join(_folder, "notes.txt");
        File.WriteAllText(file, "milk, eggs");
        new MlflowLog("x", file).Invoking(it => it.Flush()).Should().Throw<MlflowException>().WithMessage("*Name another file.");
        new MlflowLog("x", Path.Join(_folder, "none.jsonl")).Flush();
    }

    /// <summary>Takes a server away after an epoch, and brings it back after another.</summary>
    private sealed class Away(MlflowStandIn server, int from, int to) : ITrainingObserver
    {
        public void EpochFinished(EpochResult epoch) => server.IsAway = epoch.Epoch >= from && epoch.Epoch < to;
    }

    private sealed class Killer(int afterEpochs) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Epoch > afterEpochs && value.Step > 1)
                throw new NotFiniteNumberException("killed");
        }
    }
}
