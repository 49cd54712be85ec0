using TorchSharp;

namespace TransferKit;

/// <summary>
/// Scales losses so that float16 gradients don't vanish (Micikevicius et al., 2018), with the rule and the numbers of PyTorch's
/// <c>GradScaler</c>. In other precisions the scale is 1 and nothing happens.
/// </summary>
internal sealed class LossScaler(torch.ScalarType type)
{
    public const double First = 65536;
    private const int GrowthInterval = 2000;

    private readonly bool _isOn = type == torch.ScalarType.Float16;

    /// <summary>The scale, and the good steps since it changed.</summary>
    public (double Scale, int Steps) State { get; set; } = (First, 0);

    /// <summary>The loss to find gradients of.</summary>
    public torch.Tensor Scale(torch.Tensor loss) => _isOn ? loss.Multiply(State.Scale) : loss;

    /// <summary>Takes the scale out of the gradients.</summary>
    /// <returns>Whether the step may be made: false where a gradient overflowed.</returns>
    public bool Unscale(IReadOnlyList<torch.Tensor> weights)
    {
        if (!_isOn)
            return true;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        if (!double.IsFinite(Gradients.Norm(weights)))
        {
            State = (State.Scale / 2, 0);
            return false;
        }
        foreach (var weight in weights)
            weight.grad?.MultiplyInPlace(1 / State.Scale);
        State = State.Steps + 1 == GrowthInterval ? (State.Scale * 2, 0) : (State.Scale, State.Steps + 1);
        return true;
    }
}
