using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace TransferKit.Benchmarks;

/// <summary>Runs <see cref="StepBenchmarks"/>, a few repetitions each, and prints a line for each case.</summary>
internal static class StepTable
{
    /// <param name="models">Names of networks; none: the benchmarks' own.</param>
    /// <param name="batches">Batch sizes; none: the benchmarks' own.</param>
    /// <param name="kinds">forward, backward, step, headstep; none: all of them.</param>
    /// <param name="file">Where the lines go as well, with tabs between; null: nowhere.</param>
    public static void Run(string[] models, int[] batches, string[] kinds, string? file)
    {
        if (models.Length > 0)
            StepBenchmarks.Models = models;
        if (batches.Length > 0)
            StepBenchmarks.Batches = batches;
        // One invocation an iteration: a batch takes milliseconds, and its cost doesn't change.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(1).WithIterationCount(4).WithInvocationCount(1).WithUnrollFactor(1);
        var summary = BenchmarkRunner.Run<StepBenchmarks>(ManualConfig.CreateEmpty()
            .AddFilter(new SimpleFilter(of => kinds.Length == 0 || kinds.Contains(Kind(of))))
            .AddJob(job).AddLogger(NullLogger.Instance).WithOptions(ConfigOptions.DisableOptimizationsValidator));
        var lines = new List<string>();
        foreach (var report in summary.Reports)
        {
            var of = report.BenchmarkCase;
            var milliseconds = report.ResultStatistics is { } times
                ? (times.Median / 1e6).ToString("F3", CultureInfo.InvariantCulture) : "failed";
            lines.Add(string.Join('\t', of.Parameters["Model"], of.Parameters["Batch"], of.Parameters["Numbers"],
                Kind(of), milliseconds));
            Console.WriteLine(lines[^1]);
        }
        foreach (var problem in summary.ValidationErrors)
            Console.WriteLine(problem.Message);
        if (file is not null)
            File.WriteAllLines(file, lines);
    }

    private static string Kind(BenchmarkCase benchmark) => benchmark.Descriptor.WorkloadMethod.Name.ToLowerInvariant();
}
