using System.Collections;
using System.Collections.Immutable;
using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// The steps that make the network's input out of a picture, in order. Immutable, and printable: <see cref="ToString"/> gives
/// one step a line.
/// </summary>
/// <param name="steps">The steps, first to last.</param>
public sealed class Transforms(params IEnumerable<Transform> steps) : IReadOnlyList<Transform>
{
    private readonly ImmutableArray<Transform> _steps = [.. steps];

    /// <inheritdoc/>
    public int Count => _steps.Length;

    /// <inheritdoc/>
    public Transform this[int index] => _steps[index];

    /// <summary>
    /// What training uses by default, torchvision's reference recipe: <see cref="RandomResizedCrop"/>,
    /// <see cref="RandomHorizontalFlip"/>, <see cref="Normalize"/>.
    /// </summary>
    /// <param name="preprocessing">What the network expects of its input.</param>
    public static Transforms Train(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return new(
            new RandomResizedCrop(preprocessing.CropSize) { Interpolation = preprocessing.Interpolation },
            new RandomHorizontalFlip(),
            new Normalize(preprocessing.Mean, preprocessing.Std));
    }

    /// <summary>
    /// What evaluation and prediction use: <see cref="Resize"/>, or <see cref="ResizeTo"/> where pictures are to be squashed,
    /// <see cref="CenterCrop"/>, <see cref="Normalize"/>.
    /// </summary>
    /// <param name="preprocessing">What the network expects of its input.</param>
    public static Transforms Evaluate(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        var size = preprocessing.ResizeSize;
        return new(
            preprocessing.Squash
                ? new ResizeTo(size, size) { Interpolation = preprocessing.Interpolation }
                : new Resize(size) { Interpolation = preprocessing.Interpolation },
            new CenterCrop(preprocessing.CropSize),
            new Normalize(preprocessing.Mean, preprocessing.Std));
    }

    /// <summary>
    /// Five lists that cut out the corners (above left, above right, below left, below right) and the center, in place of this
    /// one's <see cref="CenterCrop"/> (torchvision's FiveCrop).
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no <see cref="CenterCrop"/> in this list.</exception>
    public IReadOnlyList<Transforms> FiveCrop() => CropFive(before: []);

    /// <summary>The lists of <see cref="FiveCrop"/>, then the same of the mirrored picture (torchvision's TenCrop).</summary>
    /// <exception cref="InvalidOperationException">There is no <see cref="CenterCrop"/> in this list.</exception>
    public IReadOnlyList<Transforms> TenCrop() => [.. FiveCrop(), .. CropFive(before: [new HorizontalFlip()])];

    /// <inheritdoc/>
    public IEnumerator<Transform> GetEnumerator() => ((IEnumerable<Transform>)_steps).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The steps with their parameters, one a line.</summary>
    public override string ToString() => string.Join('\n', _steps);

    /// <summary>The size of the result, or null where it depends on the picture.</summary>
    internal Size? OutputSize => _steps.Aggregate((Size?)null, (size, step) => step.OutputSize(size));

    /// <summary>The size of the result.</summary>
    /// <exception cref="InvalidOperationException">It depends on the picture.</exception>
    internal Size FixedSize => OutputSize
        ?? throw new InvalidOperationException("The transforms give no fixed size, which a batch needs: add a CenterCrop.");

    /// <summary>This list with one more step at its end.</summary>
    internal Transforms Then(Transform step) => new([.. _steps, step]);

    /// <summary>Carries all steps out.</summary>
    internal void Apply(Canvas canvas, ref SeededRandom random)
    {
        foreach (var step in _steps)
            step.Apply(canvas, ref random);
    }

    private Transforms[] CropFive(Transform[] before)
    {
        var crop = _steps.OfType<CenterCrop>().LastOrDefault() ?? throw new InvalidOperationException(
            "Corners can only be cut out in place of a CenterCrop, and the transforms have none: add one.");
        var at = _steps.LastIndexOf(crop);
        return
        [
            .. Enum.GetValues<Corner>().Select(corner => Cut(new CornerCrop(crop.Size, corner))),
            Cut(crop),
        ];

        Transforms Cut(Transform step) => new([.. _steps[..at], .. before, step, .. _steps[(at + 1)..]]);
    }
}
