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
    /// What evaluation and prediction use: <see cref="Resize"/>, <see cref="CenterCrop"/>, <see cref="Normalize"/>.
    /// </summary>
    /// <param name="preprocessing">What the network expects of its input.</param>
    public static Transforms Evaluate(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return new(
            new Resize(preprocessing.ResizeSize) { Interpolation = preprocessing.Interpolation },
            new CenterCrop(preprocessing.CropSize),
            new Normalize(preprocessing.Mean, preprocessing.Std));
    }

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

    /// <summary>Carries all steps out.</summary>
    internal void Apply(Canvas canvas, ref SeededRandom random)
    {
        foreach (var step in _steps)
            step.Apply(canvas, ref random);
    }
}
