using System.Text.Json;

namespace TransferKit.Vision;

/// <summary>What a graph computes and for which pictures, as its file says or the user does.</summary>
internal sealed record OnnxDescription
{
    /// <summary>What exports call an output that is probabilities.</summary>
    public const string Probabilities = "probabilities";

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required LearningTask Task { get; init; }

    public required Preprocessing Preprocessing { get; init; }

    /// <summary>How evaluation prepared pictures; null: as <see cref="Preprocessing"/> says.</summary>
    public required JsonElement? Preparation { get; init; }

    /// <inheritdoc cref="InferenceEngine.Temperature"/>
    public required double Temperature { get; init; }

    /// <summary>The probability above which a class counts as seen; null: the task's own.</summary>
    public required double? Threshold { get; init; }

    /// <summary>Whether the outputs are probabilities, and not logits or numbers.</summary>
    public required bool GivesProbabilities { get; init; }

    /// <summary>
    /// What the graph does itself, if anything; the user may state a <see cref="Preprocessing"/> for what it doesn't.
    /// </summary>
    public required Preprocessing Included { get; init; }

    /// <inheritdoc cref="OnnxMetadata.TakesWholePictures"/>
    public required bool TakesWholePictures { get; init; }

    /// <param name="path">The file.</param>
    /// <param name="entries">Its metadata.</param>
    /// <param name="output">The name of the output.</param>
    /// <param name="options">What the user says.</param>
    /// <exception cref="ModelFileException">What must be known is said nowhere, or can't be read.</exception>
    public static OnnxDescription Of(
        string path, IReadOnlyDictionary<string, string> entries, string output, OnnxPredictorOptions options)
    {
        OnnxMetadata file;
        try
        {
            file = OnnxMetadata.Parse(entries);
        }
        catch (FormatException error)
        {
            throw new ModelFileException(path, $"{error.Message.TrimEnd('.')}. It is damaged, or of a newer version of "
                + "TransferKit, to which to update.", error);
        }
        var preprocessing = file.Preprocessing ?? options.Preprocessing ?? throw new ModelFileException(path,
            $"it doesn't say how its pictures are prepared: state {nameof(OnnxPredictorOptions)}."
            + $"{nameof(OnnxPredictorOptions.Preprocessing)}, such as {nameof(Preprocessing)}.{nameof(Preprocessing.ImageNet)}.");
        return new()
        {
            ClassNames = options.ClassNames ?? file.ClassNames ?? throw new ModelFileException(path,
                $"it doesn't say what its outputs are called: state {nameof(OnnxPredictorOptions)}."
                + $"{nameof(OnnxPredictorOptions.ClassNames)}, in their order."),
            Task = options.Task ?? file.Task ?? LearningTask.Classification,
            Preprocessing = options.Preprocessing ?? preprocessing,
            Preparation = options.Preprocessing is null ? file.Preparation : null,
            Temperature = file.Temperature ?? 1,
            Threshold = file.Threshold,
            Included = preprocessing,
            TakesWholePictures = file.TakesWholePictures,
            GivesProbabilities = options.GivesProbabilities ?? output == Probabilities,
        };
    }

    /// <summary>The same options for a graph that normalizes pixels itself: they stay in 0..1.</summary>
    /// <exception cref="ModelFileException">Evaluation normalized them in another way.</exception>
    public ImageOptions WithoutNormalization(string path, ImageOptions options)
    {
        var own = new Normalize(Included.Mean, Included.Std);
        foreach (var other in options.EvaluateTransforms(Preprocessing).OfType<Normalize>().Where(step => step != own))
            throw new ModelFileException(path, $"its graph normalizes pixels by {own}, and pictures are to be normalized by "
                + $"{other}: export it without preprocessing.");
        return options with
        {
            TrainTransforms = preprocessing => Pixels(options.TrainTransforms(preprocessing)),
            EvaluateTransforms = preprocessing => Pixels(options.EvaluateTransforms(preprocessing)),
        };

        static Transforms Pixels(Transforms steps) => new(steps.Where(step => step is not Normalize));
    }
}
