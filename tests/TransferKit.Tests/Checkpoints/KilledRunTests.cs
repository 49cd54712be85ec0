using TransferKit.Fuzz;

namespace TransferKit.Tests.Checkpoints;

[Trait("Lane", "Slow")]
public sealed class KilledRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    static KilledRunTests()
    {
        var tests = Path.Join(AppContext.BaseDirectory, "TransferKit.Tests");
        ResumableRun.HostArguments =
            ["exec", "--depsfile", $"{tests}.deps.json", "--runtimeconfig", $"{tests}.runtimeconfig.json"];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_that_is_killed_again_and_again_ends_as_one_that_was_not()
    {
        var outcome = ResumeTrial.Run(kills: 3, seed: 1, _folder);
        (outcome.Runs, outcome.Kills).Should().Be((1, 3));
    }

    [SkippableFact]
    public void A_full_disk_is_a_clear_error_and_leaves_the_last_good_checkpoint()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The limit on file sizes, which stands for a full disk, is set by bash.");
        var run = Path.Join(_folder, "run");
        using (var killed = ResumableRun.Start(run))
        {
            while (!killed.HasExited && Files(run).Length == 0)
                Thread.Sleep(1);
            killed.Kill();
            killed.WaitForExit();
        }
        // What the kill may have left isn't the full disk's.
        foreach (var left in Directory.GetFiles(Path.Join(run, ResumableRun.Checkpoints), ".*.tmp"))
            File.Delete(left);
        var before = Files(run);
        before.Should().NotBeEmpty();

        using var starved = ResumableRun.Start(run, fileLimit: 1024);
        var said = starved.StandardError.ReadToEnd();
        starved.WaitForExit();
        said.Should().StartWith("CheckpointException: ").And.Contain("the checkpoint can't be written").And.Contain(
            "Earlier ones are as they were; start the same program again, once there is room, to go on from the newest.");
        Files(run).Should().Equal(before);
        Directory.GetFiles(Path.Join(run, ResumableRun.Checkpoints)).Should().HaveCount(before.Length, "nothing unfinished is left");
        Checkpoint.ReadTensors(before[^1]).Values.ToList().ForEach(tensor => tensor.Dispose());
    }

    private static string[] Files(string run)
    {
        var folder = Path.Join(run, ResumableRun.Checkpoints);
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.checkpoint").Order(StringComparer.Ordinal)] : [];
    }
}
