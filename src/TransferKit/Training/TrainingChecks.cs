using Microsoft.Extensions.Logging;

namespace TransferKit;

/// <summary>What can be found wrong with a training run before it costs time.</summary>
internal static class TrainingChecks
{
    /// <summary>Checks that data and head belong together.</summary>
    /// <exception cref="ArgumentException">They don't; the message says what to change.</exception>
    public static void RequireFitting(Dataset train, Dataset validation, int outputs)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        if (train.Count == 0)
            throw new ArgumentException("There are no samples to train on.", nameof(train));
        if (validation.Count == 0)
            throw new ArgumentException("There are no samples to validate on.", nameof(validation));
        if (train.Targets.Task != validation.Targets.Task)
            throw new ArgumentException($"Training samples have {train.Targets.Task} targets, validation samples "
                + $"{validation.Targets.Task}; both need the same.", nameof(validation));
        if (!train.ClassNames.SequenceEqual(validation.ClassNames))
            throw new ArgumentException($"Training has the classes {string.Join(", ", train.ClassNames)}, validation has "
                + $"{string.Join(", ", validation.ClassNames)}; both need the same.", nameof(validation));
        if (train.ClassNames.Count != outputs)
        {
            var what = train.Targets.Task == LearningTask.Regression ? "target values a sample" : "classes";
            throw new ArgumentException($"The data has {train.ClassNames.Count} {what}, the model has {outputs}: "
                + $"call ReplaceHead({train.ClassNames.Count}) on the plan.", nameof(train));
        }
    }

    /// <summary>Looks for classes that the model can't learn, as no training sample is of them.</summary>
    /// <exception cref="ArgumentException">Validation samples are of one, and would always be wrong.</exception>
    public static void RequireLearnableClasses(Dataset train, Dataset validation, ILogger logger)
    {
        if (train.Targets.Task == LearningTask.Regression)
            return;
        var (learnt, asked) = (train.Targets.Occurring(), validation.Targets.Occurring());
        var missing = Enumerable.Range(0, train.ClassNames.Count).Where(label => !learnt.Contains(label)).ToList();
        var unseen = missing.Where(asked.Contains).Select(label => train.ClassNames[label]).ToList();
        // A rare label among several may well be missing.
        if (unseen.Count > 0 && train.Targets.Task == LearningTask.Classification)
            throw new ArgumentException(
                $"Validation samples are of classes that no training sample is of: {string.Join(", ", unseen)}. "
                + "Move some of them to the training samples, or leave the classes out.", nameof(validation));
        if (missing.Count > 0)
            logger.ClassesMissing(string.Join(", ", missing.Select(label => train.ClassNames[label])));
    }

    /// <summary>
    /// Looks for a batch of a single sample in front of a batch norm that sees one value a channel, which has no spread.
    /// </summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    public static void RequireNormalisable(TransferModel model, FrozenPrefix prefix, int samples, TrainingOptions options)
    {
        var last = samples % options.BatchSize;
        if (options.BatchSize > 1 && (last != 1 || options.DropLast))
            return;
        prefix.EnterTraining();
        var norm = default(Layer);
        model.Network.OutputShape(model.Network.InputShape(model.Preprocessing.CropSize), (layer, input, _, _) =>
        {
            if (layer is BatchNorm { Training: true } or ModuleLayer { Training: true, HasBatchNorm: true }
                && input.Count == input[0])
                norm ??= layer;
        });
        if (norm is null)
            return;
        model.Network.SetTraining(false);
        var name = model.Network.NamedLayers().First(found => ReferenceEquals(found.Layer, norm)).Path;
        throw new ArgumentException(options.BatchSize == 1
            ? $"BatchSize is 1, and the batch norm {name} can't normalise a single sample: take at least 2."
            : $"The last of {samples} training samples makes a batch of its own, which the batch norm {name} can't normalise: "
                + "set DropLast, or another BatchSize.", nameof(options));
    }

    /// <summary>The exception to throw for one of libtorch's; the same one if it is about something else than memory.</summary>
    public static Exception Explain(Exception error, TrainingOptions options, int imageSize)
    {
        if (!error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            && !error.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase))
            return error;
        var half = Math.Max(options.BatchSize / 2, 1);
        var lower = options.BatchSize > 1
            ? $"Lower BatchSize from {options.BatchSize} to {half} and raise AccumulateBatches from "
                + $"{options.AccumulateBatches} to {options.AccumulateBatches * 2}, which trains the same way in about half of "
                + "the memory; or freeze more layers, "
            : "Freeze more layers, ";
        return new TrainingMemoryException(
            $"There isn't enough memory to train. {lower}or take smaller images than {imageSize} px.", error);
    }
}
