using System.Globalization;
using Microsoft.Extensions.Logging;

namespace TransferKit;

/// <summary>The checkpoints of one run: which are kept, and which one to go on from.</summary>
internal sealed class CheckpointFolder(CheckpointOptions options, Score score, ILogger logger)
{
    /// <summary>The part of a run's identity that says which numbers it computes with.</summary>
    public const string ComputesIn = "Computes in";

    private const string Extension = ".checkpoint";

    /// <summary>The newest checkpoint that isn't damaged; null if there is none.</summary>
    /// <param name="run">What the run is.</param>
    /// <exception cref="CheckpointException">The folder holds checkpoints of another run.</exception>
    public (RunState State, Dictionary<string, TorchSharp.torch.Tensor> Tensors)? Newest(RunIdentity run)
    {
        AtomicFile.RemoveUnfinished(options.Folder, "epoch-*");
        if (!options.Resume)
        {
            SetAside();
            return null;
        }
        foreach (var path in Files().Reverse())
        {
            try
            {
                var state = Checkpoint.ReadState(path);
                RequireSame(path, run, state);
                var found = (state, Checkpoint.ReadTensors(path));
                logger.Resumed(path, state.Epoch, state.Sums.Step);
                return found;
            }
            catch (CheckpointException error) when (error.IsDamage)
            {
                logger.CheckpointDamaged(error.Message);
            }
        }
        return null;
    }

    /// <summary>Writes a checkpoint and removes those that are no longer kept.</summary>
    /// <exception cref="CheckpointException">It can't be written.</exception>
    public void Write(RunState state, IEnumerable<(string Name, TorchSharp.torch.Tensor Value)> tensors)
    {
        var name = string.Create(CultureInfo.InvariantCulture,
            $"epoch-{state.Epoch:0000}-step-{state.Sums.Step:000000}{Extension}");
        var path = Path.Join(options.Folder, name);
        Checkpoint.Write(path, state, tensors);
        logger.CheckpointWritten(path);
        Prune(state);
    }

    /// <summary>Moves checkpoints of an earlier run out of the way, among which this one's would get lost.</summary>
    private void SetAside()
    {
        var files = Files();
        if (files.Length == 0)
            return;
        var aside = Path.Join(options.Folder, FormattableString.Invariant($"before-{DateTime.UtcNow:yyyyMMdd-HHmmss-fff}"));
        try
        {
            Directory.CreateDirectory(aside);
            foreach (var file in files)
                File.Move(file, Path.Join(aside, Path.GetFileName(file)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                files[0], $"it is of an earlier run, and can't be moved to {aside}: {error.Message} Choose another folder.",
                error);
        }
    }

    private void Prune(RunState state)
    {
        var files = Files();
        // A checkpoint at the end of an epoch is named after the next one, which it begins.
        var best = state.History
            .Select(epoch => (epoch.Epoch, Value: epoch.Monitored))
            .Where(epoch => !double.IsNaN(epoch.Value))
            .OrderBy(epoch => score.HigherIsBetter ? -epoch.Value : epoch.Value)
            .Take(options.KeepBest)
            .Select(epoch => string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch.Epoch + 1:0000}-step-000000{Extension}"))
            .ToHashSet();
        foreach (var file in files.SkipLast(options.KeepLast).Where(file => !best.Contains(Path.GetFileName(file))))
            File.Delete(file);
    }

    /// <summary>Oldest first.</summary>
    private string[] Files() => Directory.Exists(options.Folder)
        ? [.. Directory.GetFiles(options.Folder, $"epoch-*-step-*{Extension}").Order(StringComparer.Ordinal)]
        : [];

    private static void RequireSame(string path, RunIdentity run, RunState saved)
    {
        var differences = run.DifferencesFrom(saved);
        if (differences.Count == 0)
            return;
        // A precision that was found by itself differs from machine to machine.
        var precision = differences.FirstOrDefault(found => found.Path == ComputesIn) is { } other
            && Enum.TryParse<Precision>(other.There, out var precise)
            ? $" To compute as there, set WithPrecision(Precision.{precise})."
            : "";
        var version = saved.FormatVersion == RunState.VersionOfWords
            ? " It is of an earlier version of TransferKit, which put options in other words: if they are the same, end the run "
              + "with that version."
            : "";
        var list = string.Join("; ", differences.Select(found => $"{found.Path} is '{found.Here}', there it is '{found.There}'"));
        throw new CheckpointException(path, $"it belongs to another run: {list}.{precision}{version} Choose another folder, "
            + "delete this one, or set Resume to false.");
    }
}
