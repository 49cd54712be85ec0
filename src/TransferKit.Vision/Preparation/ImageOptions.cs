using System.Drawing;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace TransferKit.Vision;

/// <summary>
/// How pictures are decoded and prepared. The defaults give the pixels that PIL and torchvision give, but turned upright:
/// see <see cref="ApplyOrientation"/>.
/// </summary>
public sealed record ImageOptions
{
    /// <summary>
    /// Whether pictures are turned upright as their EXIF orientation says. Default: yes. torchvision's loader does not; set it to
    /// false to compare with torchvision. TIFFs are turned in any case, as PIL and so that loader do.
    /// </summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>
    /// What shows through transparent pixels. Default: none, transparency is dropped and the pixels' own color shows, as in
    /// PIL's <c>convert("RGB")</c>.
    /// </summary>
    public Color? Background { get; init; }

    /// <summary>
    /// Pictures with more pixels are refused before memory is taken for them; at least 1. Default: PIL's limit, 178,956,970.
    /// </summary>
    public long PixelLimit { get; init; } = DecodingOptions.UsualLimit;

    /// <summary>
    /// Bytes of memory that large pictures, of more than 16 megapixels, or 8 that are turned, may take together while the threads
    /// of a loader decode them: 4 a pixel, or 8 if turned. What would take more waits; a picture that takes more alone is decoded
    /// alone. Smaller pictures take up to 64 MB in each thread and don't wait. At least 0. In a <see cref="Predictor"/>, which
    /// any number of threads may call, every picture counts; see <see cref="PredictionOptions.QueueLimit"/>. Default: 1 GiB.
    /// </summary>
    public long DecodingMemoryBytes { get; init; } = 1L << 30;

    /// <summary>What happens when a picture can't be read. Default: <see cref="UnreadableImages.Throw"/>.</summary>
    public UnreadableImages Unreadable { get; init; } = UnreadableImages.Throw;

    /// <summary>Where decoded pictures are kept, so that later epochs need not decode. Default: nowhere.</summary>
    public PixelCacheOptions? Cache { get; init; }

    /// <summary>Makes the steps for training out of what the network expects. Default: <see cref="Transforms.Train"/>.</summary>
    public Func<Preprocessing, Transforms> TrainTransforms { get; init; } = Transforms.Train;

    /// <summary>
    /// Makes the steps for evaluation out of what the network expects. Default: <see cref="Transforms.Evaluate"/>.
    /// </summary>
    public Func<Preprocessing, Transforms> EvaluateTransforms { get; init; } = Transforms.Evaluate;

    /// <summary>Logs skipped pictures. Default: nothing is logged.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>
    /// These options, with orientation, background and steps as in the evaluation of a model, which a saved model knows: to
    /// measure a loaded model on other pictures, or to train it further. A <see cref="Predictor"/> does it by itself.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <exception cref="InvalidOperationException">
    /// These options say how to prepare pictures, and the model's evaluation did it in another way; or they say nothing, and
    /// nothing can be taken over: it was done with a <see cref="Lambda"/>, or by a version of TransferKit that can't be read.
    /// </exception>
    public ImageOptions PreparedFor(TransferModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return PreparedFor(model.Preprocessing, model.Preparation, "The model");
    }

    /// <param name="preprocessing">What the model expects of its input.</param>
    /// <param name="preparation">
    /// How its evaluation prepared pictures; null: as the preprocessing says, or it isn't known.
    /// </param>
    /// <param name="name">What messages call it.</param>
    internal ImageOptions PreparedFor(Preprocessing preprocessing, JsonElement? preparation, string name)
    {
        var own = PreparationDescription.Of(this, preprocessing);
        if (preparation is not { } saved || own.IsSame(saved))
            return this;
        // A network that sees pictures prepared in another way than in evaluation is wrong more often, and nothing else tells.
        const string advice = $"Pass the {nameof(ImageOptions)} of the dataset that it was evaluated on, to a "
            + $"{nameof(Predictor)} as {nameof(PredictorOptions)}.{nameof(PredictorOptions.Images)}";
        if (saved.ValueKind == JsonValueKind.String)
            throw new InvalidOperationException($"{name} was evaluated on pictures prepared as '{saved}', and with "
                + $"these options they would be prepared as '{own}'. A file of format 1 says it in words alone. {advice}.");
        PreparationDescription evaluation;
        try
        {
            evaluation = PreparationDescription.Parse(saved);
        }
        catch (FormatException error)
        {
            throw new InvalidOperationException($"{name} was evaluated on pictures prepared in a way that is damaged, or of a "
                + $"newer version of TransferKit, to which to update: {error.Message}", error);
        }
        if (!own.IsDefault(preprocessing))
            throw new InvalidOperationException($"{name} was evaluated on pictures prepared as '{evaluation}'. With "
                + $"these options they would be prepared as '{own}'. {advice}, or leave how to prepare them to the model.");
        if (evaluation.OwnCode is { } code)
            throw new InvalidOperationException($"{name} was evaluated on pictures prepared with the {nameof(Lambda)} "
                + $"'{code.Name}', which is code of a program and not in the file. {advice}, with that {nameof(Lambda)}.");
        return this with
        {
            ApplyOrientation = evaluation.ApplyOrientation,
            Background = evaluation.Background,
            EvaluateTransforms = _ => new Transforms(evaluation.Steps),
        };
    }

    /// <summary>The options, once they are found right.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists every one.</exception>
    internal ImageOptions Checked()
    {
        var errors = ValidationErrors().ToList();
        return errors.Count == 0
            ? this
            : throw new ArgumentException($"The image options are wrong: {string.Join(" ", errors)}");
    }

    internal IEnumerable<string> ValidationErrors()
    {
        if (PixelLimit < 1)
            yield return $"PixelLimit is {PixelLimit}, but must be at least 1.";
        if (DecodingMemoryBytes < 0)
            yield return $"DecodingMemoryBytes is {DecodingMemoryBytes}, but must be at least 0.";
        foreach (var error in Cache?.ValidationErrors() ?? [])
            yield return error;
        if (TrainTransforms is null)
            yield return "TrainTransforms is null.";
        if (EvaluateTransforms is null)
            yield return "EvaluateTransforms is null.";
        if (Logger is null)
            yield return "Logger is null.";
    }

    /// <summary>What the decoder has to know of them.</summary>
    internal DecodingOptions Decoding => new()
    {
        ApplyOrientation = ApplyOrientation,
        Background = Background,
        PixelLimit = PixelLimit,
    };

    /// <summary>The steps for training or for evaluation.</summary>
    internal Transforms TransformsFor(Preprocessing preprocessing, bool augment) =>
        (augment ? TrainTransforms : EvaluateTransforms)(preprocessing);

    /// <summary>The steps for one of several views of each picture.</summary>
    /// <exception cref="InvalidOperationException">There is no <see cref="CenterCrop"/> to take crops in place of.</exception>
    internal Transforms ViewTransforms(
        Preprocessing preprocessing, TestTimeAugmentation augmentation, int view, bool augment = false)
    {
        var transforms = TransformsFor(preprocessing, augment || augmentation.Kind == ViewKind.Random);
        return augmentation.Kind switch
        {
            ViewKind.Flip when view == 1 => transforms.Then(new HorizontalFlip()),
            ViewKind.FiveCrop => transforms.FiveCrop()[view],
            ViewKind.TenCrop => transforms.TenCrop()[view],
            _ => transforms,
        };
    }
}
