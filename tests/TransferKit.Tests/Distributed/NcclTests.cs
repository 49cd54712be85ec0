using System.Diagnostics;
using System.Globalization;
using TransferKit.Fuzz;

namespace TransferKit.Tests.Distributed;

/// <summary>Sums between GPUs, with a library that stands in for NCCL and CUDA: <c>nccl_stand_in.c</c>.</summary>
[Trait("Lane", "Slow")]
public sealed class NcclTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    static NcclTests() => MpiTests.RunInThisBuild();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData("mpirun.openmpi", 2)]
    [InlineData("mpirun.mpich", 3)]
    public void Gradients_are_the_sums_of_all_ranks(string launcher, int ranks)
    {
        var (code, _) = Run(launcher, ranks, GpuWay.Own);
        code.Should().Be(0);
        List<string[]> calls = [.. Enumerable.Range(0, ranks).Select(CallsOf)];
        for (var rank = 0; rank < ranks; rank++)
        {
            var answer = Answer(rank);
            answer.Sums.Should().Be("NCCL 2.27.5");
            answer.IsKept.Should().Be("True", "ranks meet once");
            answer.Obstacle.Should().BeEmpty();
            answer.Distance.Should().BeLessThan(ranks == 2 ? 1e-30 : 1e-5, "in another order sums are rounded otherwise");
            var begin = $"begin {rank} of {ranks} on {rank}";
            var sums = Array.FindAll(calls[rank], IsSum);
            sums.Should().HaveCount(3 * answer.Parts).And.Equal(Array.FindAll(calls[0], IsSum));
            answer.Parts.Should().BeGreaterThan(3);
            calls[rank].Should().Equal([.. rank == 0 ? new[] { "id", begin } : [begin], .. sums, "destroy"]);
        }

        static bool IsSum(string call) => call.StartsWith("sum ", StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("Shared", "computes on the same GPU as rank 0; where there are as many GPUs as ranks, .On(ComputeDevice.Cuda(")]
    [InlineData("Missing", "has no NCCL")]
    public void Where_not_all_ranks_can_the_host_sums_and_that_is_said_once(string way, string reason)
    {
        var (code, _) = Run("mpirun.openmpi", 2, Enum.Parse<GpuWay>(way));
        code.Should().Be(0);
        foreach (var answer in new[] { Answer(0), Answer(1) })
        {
            answer.Sums.Should().BeEmpty();
            answer.Obstacle.Should().StartWith($"Rank 1 of 2, on {Environment.MachineName}, {reason}");
            answer.Repeated.Should().BeEmpty();
            answer.Distance.Should().Be(0);
        }
        File.Exists(Path.Join(_folder, "calls-0.txt")).Should().BeFalse("nobody has begun with NCCL");
    }

    [SkippableTheory]
    [InlineData("init", "Own", "unhandled system error")]
    [InlineData("sum", "Own", "unhandled system error")]
    [InlineData("async", "Waits", "remote process exited")]
    public void What_NCCL_fails_with_ends_all_ranks(string fault, string way, string reason)
    {
        var (code, errors) = Run("mpirun.openmpi", 2, Enum.Parse<GpuWay>(way), fault);
        code.Should().NotBe(0);
        errors.Should().Contain($"Rank 1 of 2, on {Environment.MachineName}, can't sum with the other GPUs: ")
            .And.Contain($"NCCL says '{reason} (stand-in)'.").And.Contain("TRANSFERKIT_NCCL=none").And.Contain("All ranks end");
        File.Exists(Path.Join(_folder, "rank-0.txt")).Should().BeFalse("the other rank has waited for it");
    }

    [SkippableFact]
    public void Nobody_waits_for_the_GPU_of_a_rank_that_has_failed()
    {
        var (code, _) = Run("mpirun.openmpi", 2, GpuWay.Fails, "gpu");
        code.Should().NotBe(0);
        File.ReadAllText(Path.Join(_folder, "rank-0.txt")).Should()
            .Be($"Rank 1 of 2, on {Environment.MachineName}, has failed: It can't go on.");
        CallsOf(rank: 0).Should().EndWith("abort");
    }

    [Fact]
    public void A_library_without_NCCL_is_named()
    {
        NcclLibrary.Find("/nowhere/libnccl.so.2", out var obstacle).Should().BeNull();
        obstacle.Should().Be("has no NCCL: there is none in /nowhere/libnccl.so.2");
        NcclLibrary.Find("none", out obstacle).Should().BeNull();
        obstacle.Should().Be("has TRANSFERKIT_NCCL set to none");
    }

    private (int Code, string Errors) Run(string launcher, int ranks, GpuWay way, string fault = "")
    {
        MpiTests.RequireInstalled(launcher);
        MpiTests.RequireInstalled("cc");
        var library = Path.Join(_folder, "stand_in.so");
        using (var compiler = Process.Start("cc", ["-shared", "-fPIC", "-pthread", "-O1", "-o", library,
            Repository.Path("tests/TransferKit.Tests/Distributed/nccl_stand_in.c")]))
        {
            compiler.WaitForExit();
            compiler.ExitCode.Should().Be(0);
        }
        var variables = new Dictionary<string, string> { ["STAND_IN_FOLDER"] = _folder, ["STAND_IN_FAULT"] = fault };
        using var process = DistributedRun.Start(launcher, ranks, variables, GpuRun.Command, _folder, library, $"{way}");
        var errors = process.StandardError.ReadToEndAsync();
        var hasEnded = process.WaitForExit(TimeSpan.FromMinutes(1));
        if (!hasEnded)
            process.Kill(entireProcessTree: true);
        hasEnded.Should().BeTrue("nothing hangs");
        return (process.ExitCode, errors.Result);
    }

    private string[] CallsOf(int rank) => File.ReadAllLines(Path.Join(_folder, $"calls-{rank}.txt"));

    private (string Sums, string IsKept, string Obstacle, string Repeated, int Parts, double Distance) Answer(int rank)
    {
        var answer = File.ReadAllText(Path.Join(_folder, $"rank-{rank}.txt")).Split('|');
        return (answer[0], answer[1], answer[2], answer[3], int.Parse(answer[4], CultureInfo.InvariantCulture),
            double.Parse(answer[5], CultureInfo.InvariantCulture));
    }
}
