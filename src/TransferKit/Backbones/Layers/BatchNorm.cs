using TorchSharp;

namespace TransferKit;

/// <summary>
/// Batch normalisation over the channels of <c>[N, C, H, W]</c> or <c>[N, C]</c> (Ioffe and Szegedy, 2015): by the batch's
/// own statistics in training, which it tracks, and by the tracked ones in evaluation.
/// </summary>
public sealed class BatchNorm : Layer
{
    private readonly int _channels;
    private readonly double _epsilon, _momentum;
    private readonly Weight _weight, _bias, _mean, _variance, _batches;
    private bool _isFolded;

    /// <summary>Creates a batch normalisation.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="epsilon">Added to the variance before the root.</param>
    /// <param name="momentum">The share of a batch in the tracked statistics.</param>
    /// <param name="scale">How the weight starts; null: ones.</param>
    public BatchNorm(int channels, double epsilon = 1e-5, double momentum = 0.1, Initializer? scale = null)
    {
        (_channels, _epsilon, _momentum) = (channels, epsilon, momentum);
        _weight = AddParameter("weight", [channels], scale ?? Initialize.Ones);
        _bias = AddParameter("bias", [channels], Initialize.Zeros);
        _mean = AddBuffer("running_mean", [channels], Initialize.Zeros);
        _variance = AddBuffer("running_var", [channels], Initialize.Ones);
        _batches = AddBuffer("num_batches_tracked", [], Initialize.Zeros, torch.ScalarType.Int64);
    }

    /// <summary>The share of a batch in the tracked statistics.</summary>
    internal double Momentum => _momentum;

    /// <summary>The tracked mean and variance, each <c>[channels]</c>.</summary>
    internal IReadOnlyList<torch.Tensor> Statistics => [_mean.Value, _variance.Value];

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        if (_isFolded)
            return input;
        if (Training)
            _batches.Value.AddInPlace(1);
        return torch.nn.functional.batch_norm(input, _mean.Value, _variance.Value, _weight.Value, _bias.Value,
            Training, _momentum, _epsilon);
    }

    internal override bool MayAlias => _isFolded;

    /// <summary>
    /// Hands the norm over to the layer in front, which multiplies and shifts its outputs instead; this one does nothing any
    /// more.
    /// </summary>
    /// <returns>What an output channel is multiplied with, and what is added then, <c>[channels]</c> each.</returns>
    internal (torch.Tensor Scale, torch.Tensor Shift) Fold()
    {
        _isFolded = true;
        var scale = _weight.Value.@double() * _variance.Value.@double().Add(_epsilon).rsqrt();
        return (scale, _bias.Value.@double() - _mean.Value.@double() * scale);
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input[0] == _channels
        ? input
        : throw new ArgumentException(
            $"A batch norm over {_channels} channels can't take a sample of shape {input}.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) => _isFolded
        ? input
        : graph.Node("BatchNormalization", input.Sizes,
            [input, .. new[] { _weight, _bias, _mean, _variance }.Select(graph.Parameter)], ("epsilon", (float)_epsilon));
}
