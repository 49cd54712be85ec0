using Microsoft.Extensions.Logging;
using TorchSharp;

namespace TransferKit;

/// <summary>What can be found wrong with a training run before it costs time.</summary>
internal static class TrainingChecks
{
    // Fewer samples than these are worth a word: of a class in training, of a class in validation, and of all in validation.
    private const int FewToLearn = 10, FewToMeasure = 5, FewInAll = 30;

    private const int MostListed = 10;

    /// <summary>Checks that training and validation samples belong together.</summary>
    /// <exception cref="ArgumentException">They don't; the message says what to change.</exception>
    public static void RequireFitting(Dataset train, Dataset validation, Score? watch = null)
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
            throw new ArgumentException($"Training has the classes {ClassOrder.Show(train.ClassNames)}, validation has "
                + $"{ClassOrder.Show(validation.ClassNames)}; both need the same, in the same order: open the validation samples "
                + "with the classes of the others, as in ImageFolder.Open(root, classes: train.ClassNames).", nameof(validation));
        if (watch?.Fits(train.Targets.Task) == false)
            throw new ArgumentException($"Monitor is '{watch}', which {train.Targets.Task} doesn't have: take "
                + $"{string.Join(", ", Score.Known.Where(score => score.Fits(train.Targets.Task)))} or a Score.Of your own.",
                nameof(watch));
    }

    /// <summary>Checks that there are as many classes as outputs.</summary>
    /// <exception cref="ArgumentException">There aren't.</exception>
    public static void RequireOutputs(Dataset train, int outputs)
    {
        if (train.ClassNames.Count == outputs)
            return;
        var what = train.Targets.Definition.HasClasses ? "classes" : "target values a sample";
        throw new ArgumentException($"The data has {train.ClassNames.Count} {what}, the model has {outputs}: "
            + $"call ReplaceHead({train.ClassNames.Count}) on the plan.", nameof(train));
    }

    /// <summary>Checks that this thread records what gradients need.</summary>
    /// <exception cref="InvalidOperationException">It doesn't.</exception>
    public static void RequireGradients()
    {
        if (torch.is_inference_mode_enabled() || !torch.is_grad_enabled())
            throw new InvalidOperationException("Training needs gradients, and this thread computes without: call it outside of "
                + $"torch.{(torch.is_inference_mode_enabled() ? "inference_mode" : "no_grad")}().");
    }

    /// <summary>Checks that something trains, and that batches are large enough for it.</summary>
    /// <exception cref="InvalidOperationException">Nothing trains.</exception>
    /// <exception cref="ArgumentException">A batch norm can't normalize the batches.</exception>
    public static void RequireTrainable(LiveModel model, FrozenPrefix prefix, Dataset train, TrainingOptions options)
    {
        if (!model.Network.NamedWeights().Any(found => found.Weight.IsTrainable))
            throw new InvalidOperationException("Nothing trains: unfreeze some layers, or replace the head.");
        RequireNormalisable(model.Network, prefix, model.Preprocessing.CropSize, train.Count, options);
    }

    /// <summary>Checks that some samples could be read.</summary>
    /// <exception cref="InvalidOperationException">None could.</exception>
    public static void RequireRead(int read, int asked)
    {
        if (read == 0)
            throw new InvalidOperationException(
                $"None of the {asked} samples to train on could be read; see the reasons in the log, or in Skipped.");
    }

    /// <summary>Looks for classes that the model can't learn, as none of their training samples could be read.</summary>
    /// <param name="train">The training samples.</param>
    /// <param name="unread">Those that couldn't be read so far.</param>
    /// <param name="logger">Told of labels that may be missing.</param>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    public static void RequireReadClasses(Dataset train, IReadOnlySet<int> unread, ILogger logger)
    {
        if (unread.Count == 0 || !train.Targets.Definition.HasClasses)
            return;
        var read = train.Targets.Subset([.. Enumerable.Range(0, train.Count).Where(index => !unread.Contains(index))]);
        var lost = Names(train.ClassNames, train.Targets.Occurring().Except(read.Occurring()));
        if (lost.Length == 0)
            return;
        if (train.Targets.Definition.HasOneClass)
            throw new InvalidOperationException($"None of the training samples of {lost} could be read, so that the model can't "
                + "learn what they look like: repair them (the log and Skipped say what is wrong), or leave the classes out.");
        logger.DataDoubtful($"None of the training samples of {lost} could be read: the model can't learn what they look like.");
    }

    /// <summary>Says which classes scores don't cover, as none of their validation samples could be read.</summary>
    public static void WarnOfUnreadClasses(Dataset validation, EvaluationResult result, ILogger logger)
    {
        if (!result.Definition.HasClasses || result.Count == validation.Count)
            return;
        var seen = validation.Targets.Subset(result.Samples!.Indices).Occurring();
        var lost = Names(validation.ClassNames, validation.Targets.Occurring().Except(seen));
        if (lost.Length > 0)
            logger.ClassesNotValidated(lost);
    }

    private static string Names(IReadOnlyList<string> classNames, IEnumerable<int> labels) =>
        string.Join(", ", labels.Order().Select(label => classNames[label]));

    /// <summary>
    /// Looks for classes that validation samples are of, and no training sample, so that they can't be learned.
    /// </summary>
    /// <exception cref="ArgumentException">There are some, whose samples would always be wrong.</exception>
    public static void RequireLearnableClasses(Dataset train, Dataset validation)
    {
        // A rare label among several may well be missing.
        if (!train.Targets.Definition.HasOneClass)
            return;
        var (learned, asked) = (train.Targets.Occurring(), validation.Targets.Occurring());
        var unseen = asked.Except(learned).Order().Select(label => train.ClassNames[label]).ToList();
        if (unseen.Count > 0)
            throw new ArgumentException(
                $"Validation samples are of classes that no training sample is of: {string.Join(", ", unseen)}. "
                + "Move some of them to the training samples, or leave the classes out.", nameof(validation));
    }

    /// <summary>What makes results doubtful that will look well: too few samples to learn from, or to measure on.</summary>
    /// <returns>For each doubt which classes, how many samples, and what to do.</returns>
    public static IEnumerable<string> Doubts(Dataset train, Dataset validation)
    {
        if (train.Targets.Definition.HasClasses)
        {
            var (learned, asked) = (train.Targets.CountOfEach(), validation.Targets.CountOfEach());
            var labels = Enumerable.Range(0, train.ClassNames.Count).ToList();
            if (labels.FindAll(label => learned[label] == 0) is { Count: > 0 } missing)
                yield return $"No training sample is of {Listing(missing)}: the model can't learn what they look like. Add "
                    + "samples, or leave the classes out.";
            if (labels.FindAll(label => learned[label] is > 0 and < FewToLearn) is { Count: > 0 } few)
                yield return $"Few training samples: {Counts(few, learned)}. From fewer than {FewToLearn} a class, a model "
                    + "learns little that holds for others: add samples, or put the classes together with others.";
            if (labels.FindAll(label => asked[label] == 0 && learned[label] > 0) is { Count: > 0 } unasked)
                yield return $"No validation sample is of {Listing(unasked)}: how well they are recognized stays unknown. Two "
                    + "samples of a class are the least that can be divided: add some.";
            if (labels.FindAll(label => asked[label] is > 0 and < FewToMeasure) is { Count: > 0 } rare)
                yield return $"Few validation samples: {Counts(rare, asked)}. Scores of these classes say little: add samples, "
                    + "raise ValidationFraction, or measure with CrossValidate.";

            string Listing(List<int> some) => Listed(some, label => train.ClassNames[label]);

            string Counts(List<int> some, int[] counts) => Listed(some, label => $"{train.ClassNames[label]} {counts[label]}");
        }
        var (lowest, _) = ConfidenceInterval.Wilson(validation.Count, validation.Count);
        if (validation.Count < FewInAll)
            yield return !train.Targets.Definition.HasClasses
                ? $"There are only {validation.Count} validation samples: errors measured on so few vary much. Add samples, "
                    + "raise ValidationFraction, or measure with CrossValidate."
                : $"There are only {validation.Count} validation samples: even if all are right, the true accuracy may be as "
                    + FormattableString.Invariant($"low as {100 * lowest:F0} % (95 % confidence). Add samples, raise ")
                    + "ValidationFraction, or measure with CrossValidate.";
    }

    private static string Listed(List<int> labels, Func<int, string> name) =>
        string.Join(", ", labels.Take(MostListed).Select(name))
        + (labels.Count > MostListed ? $" and {labels.Count - MostListed} more" : "");

    /// <summary>Looks for batch norms that no batch can satisfy, or that the last one, of a single sample, doesn't.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    public static void RequireNormalisable(
        Network network, FrozenPrefix prefix, int imageSize, int samples, TrainingOptions options)
    {
        using var mode = prefix.EnterTraining();
        var small = new SmallBatches(network, network.Steps);
        var image = network.InputShape(imageSize);
        // Norms of each rank, or of all together.
        var (ranks, rest) = (options.Distributed.Size, options.DropLast ? 0 : samples % options.BatchSize);
        var apart = options.SyncBatchNorm ? 1 : ranks;
        if (small.Starved(options.BatchSize / apart, image) is [var always, ..])
            throw small.TooSmall(options.BatchSize, image, always, apart);
        if (options.SyncBatchNorm && ranks > 1)
            RequireSynchronizable(network, ranks, rest);
        if (apart == 1 && rest == 1 && small.Starved(1, image) is [var last, ..]
            && small.ValuesOf(last, image) == 1)
            throw new ArgumentException($"The last of {samples} training samples makes a batch of its own, which the batch norm "
                + $"{network.PathOf(last)} can't normalize: set DropLast, or another BatchSize.", nameof(options));
    }

    /// <summary>Looks for batch norms that can't normalize by what several processes have.</summary>
    private static void RequireSynchronizable(Network network, int ranks, int rest)
    {
        var training = network.Steps.SelectMany(step => step.Walk()).Select(found => found.Layer)
            .Where(layer => layer.Training).ToList();
        if (training.Find(layer => layer is ModuleLayer { HasBatchNorm: true }) is { } module)
            throw new ArgumentException($"SyncBatchNorm can't reach the batch norms in {network.PathOf(module)}, a module of "
                + "your own: freeze it, or leave the option out.", nameof(network));
        if (rest > 0 && rest < ranks && training.Exists(layer => layer is BatchNorm))
            throw new ArgumentException($"The last batch of an epoch has {rest} samples for {ranks} ranks, and SyncBatchNorm "
                + "needs one of each: set DropLast, or another BatchSize.", nameof(rest));
    }

    /// <summary>The exception to throw for one of libtorch's; the same one if it is about something else than memory.</summary>
    public static Exception Explain(Exception error, TrainingOptions options, int imageSize)
    {
        if (!error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            && !error.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase))
            return error;
        var recompute = options.RecomputeActivations ? "" : "Set RecomputeActivations, which gives the same numbers in less. ";
        var half = Math.Max(options.BatchSize / 2, 1);
        var lower = options.BatchSize > 1
            ? $"Lower BatchSize from {options.BatchSize} to {half} and raise AccumulateBatches from "
                + $"{options.AccumulateBatches} to {options.AccumulateBatches * 2}, which trains the same way in about half of "
                + "the memory; or freeze more layers, "
            : "Freeze more layers, ";
        return new TrainingMemoryException(
            $"There isn't enough memory to train. {recompute}{lower}or take smaller images than {imageSize} px.", error);
    }
}
