using TorchSharp;

namespace TransferKit;

/// <summary>
/// Batch normalization over the channels of <c>[N, C, H, W]</c> or <c>[N, C]</c> (Ioffe and Szegedy, 2015): by the batch's
/// own statistics in training, which it tracks, and by the tracked ones in evaluation.
/// </summary>
internal sealed class BatchNorm : Layer
{
    private bool _isFolded;

    /// <summary>Creates a batch normalization.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="epsilon">Added to the variance before the root.</param>
    /// <param name="momentum">The share of a batch in the tracked statistics.</param>
    /// <param name="scale">How the scale starts; null: ones.</param>
    /// <param name="shift">How the shift starts; null: zeros.</param>
    public BatchNorm(
        int channels, double epsilon = 1e-5, double momentum = 0.1, Initializer? scale = null, Initializer? shift = null)
    {
        (Epsilon, Momentum) = (epsilon, momentum);
        Scale = AddParameter("weight", [channels], scale ?? Initialize.Ones);
        Shift = AddParameter("bias", [channels], shift ?? Initialize.Zeros);
        Mean = AddBuffer("running_mean", [channels], Initialize.Zeros);
        Variance = AddBuffer("running_var", [channels], Initialize.Ones);
        Batches = AddBuffer("num_batches_tracked", [], Initialize.Zeros, torch.ScalarType.Int64);
    }

    public Weight Scale { get; }

    public Weight Shift { get; }

    /// <summary>The tracked mean, <c>[C]</c>.</summary>
    public Weight Mean { get; }

    /// <summary>The tracked variance, <c>[C]</c>.</summary>
    public Weight Variance { get; }

    /// <summary>How many batches have been tracked.</summary>
    public Weight Batches { get; }

    public double Epsilon { get; }

    /// <summary>The share of a batch in the tracked statistics.</summary>
    public double Momentum { get; }

    /// <summary>
    /// The processes that have parts of a batch, whose statistics count together; null: this one has all of it.
    /// </summary>
    public ProcessGroup? Across { get; set; }

    internal override bool IsNorm => true;

    internal override bool IsIdle => _isFolded;

    protected internal override T Compute<T>(Operations<T> ops, T input) => _isFolded ? input : ops.BatchNorm(this, input);

    /// <summary>
    /// Hands the norm over to the layer in front, which multiplies and shifts its outputs instead; this one does nothing any
    /// more.
    /// </summary>
    /// <returns>What an output channel is multiplied with, and what is added then, <c>[C]</c> each, in float64.</returns>
    public (torch.Tensor Scale, torch.Tensor Shift) Fold()
    {
        _isFolded = true;
        var scale = Scale.Value.@double() * Variance.Value.@double().Add(Epsilon).rsqrt();
        return (scale, Shift.Value.@double() - Mean.Value.@double() * scale);
    }
}
