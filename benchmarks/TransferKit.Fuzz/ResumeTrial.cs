using System.Diagnostics;

namespace TransferKit.Fuzz;

/// <summary>
/// Kills training runs at random instants, some of them within the write of a checkpoint, starts them again until they are done,
/// and compares what they end with, bit for bit, with a run that nobody killed.
/// </summary>
internal static class ResumeTrial
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs the trial.</summary>
    /// <param name="kills">How often a run is killed.</param>
    /// <param name="seed">Decides the instants, as far as a machine's own timing lets it.</param>
    /// <param name="folder">An empty folder to work in.</param>
    /// <param name="killsPerRun">After how many kills a run is left in peace, so that it ends.</param>
    /// <exception cref="InvalidOperationException">A run ended otherwise than the one that nobody killed.</exception>
    public static ResumeOutcome Run(int kills, int seed, string folder, int killsPerRun = 10)
    {
        var random = new Random(seed);
        var outcome = new ResumeOutcome();
        var expected = End(Path.Join(folder, "whole"));
        while (outcome.Kills < kills)
        {
            var run = Path.Join(folder, $"run-{++outcome.Runs}");
            var planned = Math.Min(killsPerRun, kills - outcome.Kills);
            for (var kill = 0; kill < planned && Kill(run, random, outcome); kill++)
                outcome.Kills++;
            if (!End(run).SequenceEqual(expected))
                throw new InvalidOperationException($"{run} ended otherwise than a run that nobody killed.");
            Directory.Delete(run, recursive: true);
        }
        return outcome;
    }

    /// <summary>Lets a run come to its end.</summary>
    /// <returns>What it ended with.</returns>
    private static byte[] End(string run)
    {
        using var process = ResumableRun.Start(run);
        return process.WaitForExit(Patience) && process.ExitCode == 0
            ? ResumableRun.Read(run)
            : throw new InvalidOperationException($"{run} doesn't end, or not well: {process.StandardError.ReadToEnd()}");
    }

    /// <summary>Starts a run, waits for it to train, and kills it.</summary>
    /// <returns>False: it was done before.</returns>
    private static bool Kill(string run, Random random, ResumeOutcome outcome)
    {
        var checkpoints = Path.Join(run, ResumableRun.Checkpoints);
        var before = Written(checkpoints);
        using var process = ResumableRun.Start(run);
        var clock = Stopwatch.StartNew();
        // Half of the instants are chosen by what the run does: while the temporary file of a checkpoint is there.
        var withinWrite = random.Next(2) == 0;
        var checkpointsToWrite = random.Next(3);
        var pause = random.Next(60);
        while (!process.HasExited && clock.Elapsed < Patience)
        {
            var isFar = Written(checkpoints).Except(before).Count() >= checkpointsToWrite;
            if (withinWrite ? isFar && Unfinished(checkpoints) : isFar && !process.WaitForExit(pause))
            {
                process.Kill();
                process.WaitForExit();
                if (Unfinished(checkpoints))
                    outcome.WithinWrite++;
                // It does no harm, but would be taken for the next one's.
                AtomicFile.RemoveUnfinished(checkpoints, "*");
                return true;
            }
            Thread.Sleep(1);
        }
        return false;
    }

    private static HashSet<string> Written(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.checkpoint")] : [];

    private static bool Unfinished(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder, ".*.tmp").Any();
}

/// <summary>What a <see cref="ResumeTrial"/> did.</summary>
internal sealed class ResumeOutcome
{
    /// <summary>Runs that were made, each of which ended as it should.</summary>
    public int Runs { get; set; }

    /// <summary>How often one was killed.</summary>
    public int Kills { get; set; }

    /// <summary>How many of them fell into the write of a checkpoint, and left a part of it behind.</summary>
    public int WithinWrite { get; set; }

    public override string ToString() =>
        $"{Runs} runs, {Kills} kills, {WithinWrite} of them within the write of a checkpoint: all ended bit for bit as one that "
        + "nobody killed.";
}
