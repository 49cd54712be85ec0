using TransferKit.Fuzz;

namespace TransferKit.Tests.Distributed;

/// <summary>The same programs as processes of an MPI that is installed.</summary>
[Trait("Lane", "Slow")]
public sealed class MpiTests : IDisposable
{
    private static readonly string[] Pictures =
        ["a/large.jpg", "a/rgb_97x61.png", "a/lossy.webp", "a/palette.gif", "b/rgb.bmp", "b/cmyk.jpg"];

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    static MpiTests() => RunInThisBuild();

    public static TheoryData<string> Launchers => ["mpirun.openmpi", "mpirun.mpich"];

    /// <summary>Lets processes have the libraries of the tests.</summary>
    internal static void RunInThisBuild()
    {
        var tests = Path.Join(AppContext.BaseDirectory, "TransferKit.Tests");
        ResumableRun.HostArguments =
            ["exec", "--depsfile", $"{tests}.deps.json", "--runtimeconfig", $"{tests}.runtimeconfig.json"];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [MemberData(nameof(Launchers))]
    public void A_run_whose_rank_is_killed_ends_and_goes_on_exactly(string launcher)
    {
        RequireInstalled(launcher);
        DistributedTrial.Run(launcher, ranks: 2, kills: 1, seed: 1, _folder).Should().Contain("1 kills in 1 runs");
    }

    [SkippableFact]
    public void What_differs_at_a_rank_ends_all_and_is_named()
    {
        RequireInstalled("mpirun.openmpi");
        foreach (var (fault, reason) in new[]
        {
            (Fault.OtherOptions, "is about to make another run: Optimizer.LearningRate is '0.02', on rank 0 it is '0.01'"),
            (Fault.OtherData, "is about to make another run: The training pictures is '"),
            (Fault.Leaves, "has failed: it has ended, while others had not."),
        })
        {
            var run = Path.Join(_folder, $"{fault}");
            using var process = DistributedRun.Start("mpirun.openmpi", 2, run, fault);
            process.WaitForExit(TimeSpan.FromMinutes(1)).Should().BeTrue("nothing hangs");
            process.ExitCode.Should().NotBe(0);
            File.ReadAllText(Path.Join(run, "rank-0.txt")).Should()
                .StartWith($"Rank 1 of 2, on {Environment.MachineName},").And.Contain(reason);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Launchers))]
    public void A_rank_that_is_stopped_ends_all_and_is_named(string launcher)
    {
        RequireInstalled(launcher);
        using var process = DistributedRun.Start(launcher, 2, _folder, Fault.Stops);
        var errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit(TimeSpan.FromMinutes(1)).Should().BeTrue("nothing hangs");
        process.ExitCode.Should().NotBe(0);
        errors.Result.Should().Contain($"Rank 1 of 2, on {Environment.MachineName}, has been silent for 5 s");
    }

    [SkippableTheory]
    [InlineData("mpirun.openmpi", 3)]
    [InlineData("mpirun.mpich", 2)]
    public void Ranks_answer_what_one_process_answers(string launcher, int ranks)
    {
        RequireInstalled(launcher);
        var (alone, together) = (Path.Join(_folder, "alone"), Path.Join(_folder, "together"));
        CopyPictures(Path.Join(alone, "host-0"));
        for (var rank = 0; rank < ranks; rank++)
            CopyPictures(Path.Join(together, $"host-{rank}"));
        using (var process = DistributedRun.Start(launcher, 1, DistributedAnswers.Command, alone))
            process.WaitForExit(TimeSpan.FromMinutes(1)).Should().BeTrue();
        using (var process = DistributedRun.Start(launcher, ranks, DistributedAnswers.Command, together))
            process.WaitForExit(TimeSpan.FromMinutes(1)).Should().BeTrue("nothing hangs");
        var expected = File.ReadAllText(Path.Join(alone, "rank-0.txt"));
        expected.Should().Contain("images of 2 classes").And.Contain("Unreadable (1)").And.Contain("one host: True");
        for (var rank = 0; rank < ranks; rank++)
            File.ReadAllText(Path.Join(together, $"rank-{rank}.txt")).Should().Be(expected, "to the bit");

        File.Delete(Path.Join(together, "host-1", "pictures", "a", "rgb_97x61.png"));
        using (var process = DistributedRun.Start(launcher, ranks, DistributedAnswers.Command, together))
            process.WaitForExit(TimeSpan.FromMinutes(1)).Should().BeTrue("nothing hangs");
        File.ReadAllText(Path.Join(together, "rank-0.txt")).Should().StartWith($"Rank 1 of {ranks}, on {Environment.MachineName},")
            .And.Contain("is about to make another run: Samples is '6, ");
    }

    [Theory]
    [InlineData(null, 30)]
    [InlineData("90", 90)]
    public void Patience_is_half_a_minute_or_what_is_asked_for(string? text, int seconds) =>
        MpiGroup.FindPatience(_ => text).Should().Be(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Patience_that_is_no_time_is_refused() => FluentActions.Invoking(() => MpiGroup.FindPatience(_ => "1s"))
        .Should().Throw<MpiException>().WithMessage("TRANSFERKIT_MPI_PATIENCE is '1s'*");

    [Fact]
    public void Without_a_launcher_the_process_is_alone()
    {
        MpiLaunchers.Find(_ => null).Should().Be(MpiLauncher.None);
        MpiGroup.World.Should().BeSameAs(ProcessGroup.Alone);
    }

    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE", "OpenMpi")]
    [InlineData("PMIX_RANK", "OpenMpi")]
    [InlineData("PMI_RANK", "Mpich")]
    public void The_launcher_says_whose_library_is_needed(string variable, string launcher) =>
        $"{MpiLaunchers.Find(name => name == variable ? "1" : null)}".Should().Be(launcher);

    [Fact]
    public void Processes_that_Slurm_has_told_nothing_dont_train_apart() => FluentActions
        .Invoking(() => MpiLaunchers.Find(name => name == "SLURM_STEP_NUM_TASKS" ? "4" : null)).Should().Throw<MpiException>()
        .WithMessage("srun has started 4 processes that know nothing of each other*srun --mpi=pmix*");

    private static void CopyPictures(string host)
    {
        foreach (var picture in Pictures)
        {
            var to = Path.Join(host, "pictures", picture);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Repository.Path($"tests/TransferKit.Vision.Tests/Parity/fixtures/{Path.GetFileName(picture)}"), to);
        }
        File.WriteAllText(Path.Join(host, "pictures", "b", "broken.jpg"), "no picture");
    }

    internal static void RequireInstalled(string launcher) => Skip.IfNot(
        Array.Exists((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), folder => File.Exists(Path.Join(folder, launcher))),
        $"{launcher} isn't installed.");
}
