using System.Diagnostics;
using System.Globalization;

namespace TransferKit.Fuzz;

/// <summary>
/// Kills a rank of training runs at random instants, sees that all ranks end, starts the runs again until they are done, and
/// compares what they end with, bit for bit, with a run that nobody killed.
/// </summary>
internal static class DistributedTrial
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs the trial.</summary>
    /// <param name="launcher">The launcher.</param>
    /// <param name="ranks">Processes a run.</param>
    /// <param name="kills">How often a rank is killed.</param>
    /// <param name="seed">Decides ranks and instants, as far as a machine's own timing lets it.</param>
    /// <param name="folder">An empty folder to work in.</param>
    /// <exception cref="InvalidOperationException">A run hung, or ended otherwise than the one that nobody killed.</exception>
    public static string Run(string launcher, int ranks, int kills, int seed, string folder)
    {
        var random = new Random(seed);
        var expected = End(launcher, ranks, Path.Join(folder, "whole"));
        var (done, runs, slowest) = (0, 0, TimeSpan.Zero);
        while (done < kills)
        {
            var run = Path.Join(folder, $"run-{++runs}");
            for (var times = 0; times < 5 && done < kills && Kill(launcher, ranks, run, random) is { } took; times++)
            {
                done++;
                slowest = took > slowest ? took : slowest;
            }
            if (End(launcher, ranks, run) != expected)
                throw new InvalidOperationException($"{run} ended otherwise than a run that nobody killed.");
            Directory.Delete(run, recursive: true);
        }
        return string.Create(CultureInfo.InvariantCulture, $"{launcher}, {ranks} ranks: {done} kills in {runs} runs, after which all "
            + $"ranks were gone within {slowest.TotalSeconds:F1} s, and all runs ended bit for bit as one that nobody killed.");
    }

    private static string End(string launcher, int ranks, string run)
    {
        using var process = DistributedRun.Start(launcher, ranks, run);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience) || process.ExitCode != 0)
            throw new InvalidOperationException($"{run} doesn't end, or not well: {output.Result}{errors.Result}");
        return string.Join('\n', Enumerable.Range(0, ranks).Select(rank => File.ReadAllText(Path.Join(run, $"rank-{rank}.txt"))));
    }

    /// <summary>Starts a run, waits for it to train, and kills a rank.</summary>
    /// <returns>How long it took until all ranks were gone; null: the run was done before.</returns>
    private static TimeSpan? Kill(string launcher, int ranks, string run, Random random)
    {
        var checkpoints = Path.Join(run, ResumableRun.Checkpoints);
        var before = Newest(checkpoints);
        Directory.CreateDirectory(run);
        // Of a start before.
        for (var rank = 0; rank < ranks; rank++)
            File.Delete(Path.Join(run, $"pid-{rank}.txt"));
        using var process = DistributedRun.Start(launcher, ranks, run);
        var (victim, pause, isEarly) = (random.Next(ranks), random.Next(400), random.Next(4) == 0);
        var clock = Stopwatch.StartNew();
        while (!process.HasExited && clock.Elapsed < Patience)
        {
            var pids = Enumerable.Range(0, ranks).Select(rank => Pid(run, rank)).ToList();
            if (pids.TrueForAll(pid => pid is not null) && (isEarly || Newest(checkpoints) != before) && !process.WaitForExit(pause))
            {
                try
                {
                    using var rank = Process.GetProcessById(pids[victim]!.Value);
                    rank.Kill();
                }
                catch (ArgumentException)
                {
                    return null;
                }
                clock.Restart();
                if (!process.WaitForExit(Patience) || pids.Exists(pid => Lives(pid!.Value)))
                    throw new InvalidOperationException($"{run}: rank {victim} was killed, and others went on.");
                return process.ExitCode == 0
                    ? throw new InvalidOperationException($"{run}: rank {victim} was killed, and the run claims to have ended well.")
                    : clock.Elapsed;
            }
            Thread.Sleep(5);
        }
        return null;
    }

    private static int? Pid(string run, int rank) => Path.Join(run, $"pid-{rank}.txt") is var path && File.Exists(path)
        && int.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var pid) ? pid : null;

    private static bool Lives(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.WaitForExit(TimeSpan.FromSeconds(10));
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string? Newest(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.checkpoint").Max(StringComparer.Ordinal) : null;
}
