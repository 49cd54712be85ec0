using System.Globalization;

namespace TransferKit;

/// <summary>What a training run did to spare the work of layers that don't train, and what that saved.</summary>
public sealed record FrozenLayersReport
{
    internal FrozenLayersReport()
    {
    }

    /// <summary>The frozen layers' share of the network's multiply-adds, in 0..1.</summary>
    public required double Share { get; init; }

    /// <summary>Whether they ran in a compiled form: batch norms folded, in the precision of the device.</summary>
    public required bool IsCompiled { get; init; }

    /// <summary>Views of each training sample whose features were kept; 0: they were computed in every epoch.</summary>
    public required int TrainingViews { get; init; }

    /// <summary>Whether the features of validation samples were kept.</summary>
    public required bool KeepsValidation { get; init; }

    /// <summary>The room that kept features took, in bytes.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>Whether some of them lay in a temporary file.</summary>
    public required bool CacheInFile { get; init; }

    /// <summary>The share of all forward multiply-adds of the run that didn't have to be computed, in 0..1.</summary>
    public required double SavedShare { get; init; }

    /// <summary>One or two sentences for people.</summary>
    public override string ToString()
    {
        if (Share == 0)
            return "No layers in front are frozen.";
        var kept = (TrainingViews, KeepsValidation) switch
        {
            (0, false) => "were computed in every epoch",
            (0, true) => "were computed once for validation samples and in every epoch for training samples",
            (1, _) => "were computed once",
            _ => $"were computed once for each of {TrainingViews} views of a training sample",
        };
        var room = CacheBytes == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $" They took {CacheBytes / (double)(1 << 20):0} MiB {(CacheInFile ? "in a file" : "of memory")} and saved "
            + $"{SavedShare:P0} of the forward computations.");
        return string.Create(CultureInfo.InvariantCulture,
            $"Frozen layers, {Share:P0} of the network{(IsCompiled ? ", compiled" : "")}: their outputs {kept}.{room}");
    }
}
