using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>
/// Mixing the samples of a training batch with one another, targets included: less overfitting, better calibrated
/// probabilities. Training losses rise, as the targets are no longer certain. A value.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(MixUp), "mixup")]
[JsonDerivedType(typeof(CutMix), "cutmix")]
[JsonDerivedType(typeof(OneMixOf), "one-of")]
public abstract record Mix
{
    private protected Mix()
    {
    }

    /// <summary>
    /// Lays a second sample over each, transparently ("mixup: beyond empirical risk minimization", Zhang et al., 2018).
    /// </summary>
    /// <param name="alpha">The first sample's share is drawn from Beta(alpha, alpha); positive, small is mild.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> isn't positive.</exception>
    public static Mix MixUp(double alpha = 0.2) => new MixUp(alpha);

    /// <summary>
    /// Pastes a rectangle of a second sample into each ("CutMix: regularization strategy to train strong classifiers with
    /// localizable features", Yun et al., 2019).
    /// </summary>
    /// <param name="alpha">The first sample's share of the area is drawn from Beta(alpha, alpha); positive.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> isn't positive.</exception>
    public static Mix CutMix(double alpha = 1) => new CutMix(alpha);

    /// <summary>One of several ways for each batch, drawn evenly: torchvision's recipes take turns with the two.</summary>
    /// <param name="mixes">The ways, at least one.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Mix OneOf(params IReadOnlyList<Mix> mixes) => new OneMixOf(mixes);

    /// <summary>Mixes a batch; what comes in stays as it is. The caller's dispose scope owns what comes out.</summary>
    /// <param name="images">float32 <c>[N, C, H, W]</c>.</param>
    /// <param name="targets">int64 <c>[N]</c> classes or float32 <c>[N, outputs]</c>.</param>
    /// <param name="classes">The number of classes, or of outputs.</param>
    /// <param name="random">Everything is drawn from it: make it of seed, epoch and step.</param>
    /// <returns>Images as before, and targets as float32 <c>[N, classes]</c>; those of classes sum to 1.</returns>
    internal abstract (torch.Tensor Images, torch.Tensor Targets) Apply(
        torch.Tensor images, torch.Tensor targets, int classes, ref SeededRandom random);

    private protected static double RequirePositive(double alpha) => alpha > 0 && double.IsFinite(alpha)
        ? alpha
        : throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "The parameter of the beta distribution must be positive.");

    /// <summary>What each sample is mixed with: the one before it, as in torchvision. Batches are shuffled already.</summary>
    private protected static torch.Tensor Partners(torch.Tensor samples) => samples.roll(1, 0);

    private protected static torch.Tensor MixTargets(torch.Tensor targets, int classes, double share)
    {
        var soft = targets.dtype == torch.int64 ? functional.one_hot(targets, classes).to(torch.float32) : targets;
        return soft.Multiply(share).Add(Partners(soft).Multiply(1 - share));
    }
}

/// <inheritdoc cref="Mix.MixUp"/>
internal sealed record MixUp(double Alpha) : Mix
{
    public double Alpha { get; } = RequirePositive(Alpha);

    public override string ToString() => FormattableString.Invariant($"MixUp {{ Alpha = {Alpha} }}");

    internal override (torch.Tensor Images, torch.Tensor Targets) Apply(
        torch.Tensor images, torch.Tensor targets, int classes, ref SeededRandom random)
    {
        using var scope = torch.NewDisposeScope();
        var share = random.NextBeta(Alpha);
        var mixed = images.Multiply(share).Add(Partners(images).Multiply(1 - share));
        return (mixed.MoveToOuterDisposeScope(), MixTargets(targets, classes, share).MoveToOuterDisposeScope());
    }
}

/// <inheritdoc cref="Mix.CutMix"/>
internal sealed record CutMix(double Alpha) : Mix
{
    public double Alpha { get; } = RequirePositive(Alpha);

    public override string ToString() => FormattableString.Invariant($"CutMix {{ Alpha = {Alpha} }}");

    internal override (torch.Tensor Images, torch.Tensor Targets) Apply(
        torch.Tensor images, torch.Tensor targets, int classes, ref SeededRandom random)
    {
        using var scope = torch.NewDisposeScope();
        var (height, width) = (images.shape[2], images.shape[3]);
        var side = Math.Sqrt(1 - random.NextBeta(Alpha));
        var (top, rows) = Draw(height, side, ref random);
        var (left, columns) = Draw(width, side, ref random);

        var mixed = images.clone();
        if (rows > 0 && columns > 0)
            Part(mixed).copy_(Part(Partners(images)));
        // The rectangle is cut off at the edges: what counts is what is left of it.
        var share = 1 - (double)(rows * columns) / (height * width);
        return (mixed.MoveToOuterDisposeScope(), MixTargets(targets, classes, share).MoveToOuterDisposeScope());

        torch.Tensor Part(torch.Tensor whole) => whole.narrow(2, top, rows).narrow(3, left, columns);
    }

    /// <summary>Where the rectangle lies along one axis: around a point that is drawn evenly.</summary>
    private static (long Start, long Length) Draw(long length, double side, ref SeededRandom random)
    {
        var centre = random.Next((int)length);
        var half = (int)(0.5 * side * length);
        var start = Math.Max(0, centre - half);
        return (start, Math.Min(length, centre + half) - start);
    }
}

/// <inheritdoc cref="Mix.OneOf"/>
internal sealed record OneMixOf(IReadOnlyList<Mix> Mixes) : Mix
{
    public IReadOnlyList<Mix> Mixes { get; } = Mixes is { Count: > 0 }
        ? [.. Mixes]
        : throw new ArgumentException("There must be at least one way of mixing to choose from.", nameof(Mixes));

    internal override (torch.Tensor Images, torch.Tensor Targets) Apply(
        torch.Tensor images, torch.Tensor targets, int classes, ref SeededRandom random) =>
        Mixes[random.Next(Mixes.Count)].Apply(images, targets, classes, ref random);

    public bool Equals(OneMixOf? other) => other is not null && Mixes.SequenceEqual(other.Mixes);

    public override int GetHashCode() => Mixes.Aggregate(0, HashCode.Combine);

    public override string ToString() => $"OneOf {{ {string.Join(", ", Mixes)} }}";
}
