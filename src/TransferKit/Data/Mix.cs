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
    public static Mix MixUp(double alpha = 0.2) => new MixUp(alpha);

    /// <summary>
    /// Pastes a rectangle of a second sample into each ("CutMix: regularization strategy to train strong classifiers with
    /// localizable features", Yun et al., 2019).
    /// </summary>
    /// <param name="alpha">The first sample's share of the area is drawn from Beta(alpha, alpha); positive.</param>
    public static Mix CutMix(double alpha = 1) => new CutMix(alpha);

    /// <summary>One of several ways for each batch, drawn evenly: torchvision's recipes take turns with the two.</summary>
    /// <param name="mixes">The ways, at least one.</param>
    public static Mix OneOf(params IReadOnlyList<Mix> mixes)
    {
        ArgumentNullException.ThrowIfNull(mixes);
        return new OneMixOf([.. mixes]);
    }

    /// <summary>Mixes a batch; what comes in stays as it is. The caller's dispose scope owns what comes out.</summary>
    /// <param name="images">float32 <c>[N, C, H, W]</c>.</param>
    /// <param name="targets">int64 <c>[N]</c> classes or float32 <c>[N, outputs]</c>.</param>
    /// <param name="classes">The number of classes, or of outputs.</param>
    /// <param name="random">Everything is drawn from it: make it of seed, epoch and step.</param>
    /// <returns>Images as before, and targets as float32 <c>[N, classes]</c>; those of classes sum to 1.</returns>
    internal abstract (torch.Tensor Images, torch.Tensor Targets) Apply(
        torch.Tensor images, torch.Tensor targets, int classes, ref SeededRandom random);

    internal abstract IEnumerable<string> ValidationErrors();

    private protected static IEnumerable<string> Positive(string kind, double alpha) => alpha > 0 && double.IsFinite(alpha)
        ? []
        : [FormattableString.Invariant($"{kind}'s alpha is {alpha}, but must be a number above 0.")];

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
    public override string ToString() => FormattableString.Invariant($"MixUp {{ Alpha = {Alpha} }}");

    internal override (torch.Tensor Images, torch.Tensor Targets) Apply(
        torch.Tensor images, torch.Tensor targets, int classes, ref SeededRandom random)
    {
        using var scope = torch.NewDisposeScope();
        var share = random.NextBeta(Alpha);
        var mixed = images.Multiply(share).Add(Partners(images).Multiply(1 - share));
        return (mixed.MoveToOuterDisposeScope(), MixTargets(targets, classes, share).MoveToOuterDisposeScope());
    }

    internal override IEnumerable<string> ValidationErrors() => Positive("MixUp", Alpha);
}

/// <inheritdoc cref="Mix.CutMix"/>
internal sealed record CutMix(double Alpha) : Mix
{
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

    internal override IEnumerable<string> ValidationErrors() => Positive("CutMix", Alpha);

    /// <summary>Where the rectangle lies along one axis: around a point that is drawn evenly.</summary>
    private static (long Start, long Length) Draw(long length, double side, ref SeededRandom random)
    {
        var center = random.Next((int)length);
        var half = (int)(0.5 * side * length);
        var start = Math.Max(0, center - half);
        return (start, Math.Min(length, center + half) - start);
    }
}

/// <inheritdoc cref="Mix.OneOf"/>
internal sealed record OneMixOf(IReadOnlyList<Mix> Mixes) : Mix
{
    internal override (torch.Tensor Images, torch.Tensor Targets) Apply(
        torch.Tensor images, torch.Tensor targets, int classes, ref SeededRandom random) =>
        Mixes[random.Next(Mixes.Count)].Apply(images, targets, classes, ref random);

    internal override IEnumerable<string> ValidationErrors() => Mixes.Count == 0
        ? ["Mix.OneOf has nothing to choose from: give it one way of mixing or more."]
        : Mixes.SelectMany(mix => mix?.ValidationErrors() ?? ["One of Mix.OneOf is null."]);

    public bool Equals(OneMixOf? other) => other is not null && Mixes.SequenceEqual(other.Mixes);

    public override int GetHashCode() => Mixes.Aggregate(0, HashCode.Combine);

    public override string ToString() => $"OneOf {{ {string.Join(", ", Mixes)} }}";
}
