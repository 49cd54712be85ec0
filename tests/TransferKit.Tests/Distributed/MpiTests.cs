using TransferKit.Fuzz;

namespace TransferKit.Tests.Distributed;

/// <summary>The same programs as processes of an MPI that is installed.</summary>
[Trait("Lane", "Slow")]
public sealed class MpiTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    static MpiTests()
    {
        var tests = Path.Join(AppContext.BaseDirectory, "TransferKit.Tests");
        ResumableRun.HostArguments =
            ["exec", "--depsfile", $"{tests}.deps.json", "--runtimeconfig", $"{tests}.runtimeconfig.json"];
    }

    public static TheoryData<string> Launchers => ["mpirun.openmpi", "mpirun.mpich"];

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

    private static void RequireInstalled(string launcher) => Skip.IfNot(
        Array.Exists((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), folder => File.Exists(Path.Join(folder, launcher))),
        $"{launcher} isn't installed.");
}
