using TorchSharp;

namespace TransferKit;

/// <summary>
/// A linear map of a feature map that is trained as several convolutions and norms side by side, and that for inference is one
/// convolution (Ding et al., 2021), <c>[N, In, H, W]</c> → <c>[N, Out, H', W']</c>.
/// </summary>
internal abstract class ReparameterizedConv : Layer
{
    private readonly int _from, _to, _groups;
    private readonly Kernel2d _window;
    private readonly IReadOnlyList<Child> _branches;
    private Conv? _merged;

    /// <summary>Describes the convolution that the branches are for inference.</summary>
    /// <param name="from">Input channels.</param>
    /// <param name="to">Output channels.</param>
    /// <param name="window">Stride and padding of all branches, and the largest of their kernels.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="branches">What is trained.</param>
    protected ReparameterizedConv(int from, int to, Kernel2d window, int groups, IReadOnlyList<Child> branches) =>
        (_from, _to, _window, _groups, _branches) = (from, to, window, groups, branches);

    /// <inheritdoc/>
    public sealed override IReadOnlyList<Child> Children => _merged is null ? _branches : [_merged];

    protected internal sealed override T Compute<T>(Operations<T> ops, T input) =>
        _merged is null ? Join(ops, input) : ops.Run(_merged, input);

    /// <summary>What the branches make of the input together.</summary>
    private protected abstract T Join<T>(Operations<T> ops, T input)
        where T : class;

    /// <summary>Kernel <c>[Out, In / groups, height, width]</c> and bias <c>[Out]</c> of the same map, in float64.</summary>
    private protected abstract (torch.Tensor Kernel, torch.Tensor Bias) Merged();

    internal sealed override void Merge()
    {
        using var scope = torch.NewDisposeScope();
        var (kernel, bias) = Merged();
        var merged = new Conv(_from, _to, _window, _groups, bias: true);
        merged.Kernels.Take(kernel.to_type(merged.Kernels.Type));
        merged.Kernels.UseChannelsLast();
        merged.Bias!.Take(bias.to_type(merged.Bias.Type));
        _merged = merged;
        foreach (var branch in _branches)
            branch.Layer.Dispose();
    }

    /// <summary>
    /// A branch, once its norm is folded, as a convolution of the whole kernel: a convolution with a bias, a norm alone, the
    /// input itself, or another layer of this kind.
    /// </summary>
    private protected (torch.Tensor Kernel, torch.Tensor Bias) AsConvolution(Layer branch)
    {
        switch (Network.Flatten(branch).First())
        {
            case ReparameterizedConv { _merged: { } conv }:
                return AsConvolution(conv);
            case Conv conv:
                return (Padded(conv.Kernels.Value.@double()), conv.Bias!.Value.@double());
            case BatchNorm norm:
                var (scale, shift) = norm.Fold();
                return (OnePixel(scale), shift);
            case Identity:
                var device = _branches.SelectMany(known => known.Layer.NamedWeights()).First().Weight.Value.device;
                var ones = torch.ones(_to, torch.ScalarType.Float64, device);
                return (OnePixel(ones), torch.zeros_like(ones));
            case var other:
                throw new InvalidOperationException($"A {other.Kind} is no convolution.");
        }
    }

    /// <summary>A kernel that multiplies each channel, <c>[C]</c>, by a number.</summary>
    private torch.Tensor OnePixel(torch.Tensor factors)
    {
        var width = _from / _groups;
        var diagonal = torch.eye(width, dtype: torch.ScalarType.Float64, device: factors.device).repeat(_groups, 1);
        return Padded((diagonal * factors.unsqueeze(1)).view(_to, width, 1, 1));
    }

    private torch.Tensor Padded(torch.Tensor kernel)
    {
        var (height, width) = ((_window.Height.Kernel - kernel.shape[2]) / 2, (_window.Width.Kernel - kernel.shape[3]) / 2);
        return torch.nn.functional.pad(kernel, [width, width, height, height]);
    }
}

/// <summary>The sum of convolutions, and of norms, of one input.</summary>
/// <param name="from">Input channels.</param>
/// <param name="to">Output channels.</param>
/// <param name="window">Stride and padding, and the largest of the kernels.</param>
/// <param name="groups">Groups of channels.</param>
/// <param name="branches">Convolutions, each with a norm behind it, norms, or the identity.</param>
internal sealed class BranchedConv(int from, int to, Kernel2d window, int groups, params IReadOnlyList<Child> branches)
    : ReparameterizedConv(from, to, window, groups, branches)
{
    private protected override T Join<T>(Operations<T> ops, T input) =>
        Children.Select(branch => ops.Run(branch.Layer, input)).Aggregate(ops.AddInPlace);

    private protected override (torch.Tensor Kernel, torch.Tensor Bias) Merged() => Children
        .Select(branch => AsConvolution(branch.Layer))
        .Aggregate((sum, branch) => (sum.Kernel.Add(branch.Kernel), sum.Bias.Add(branch.Bias)));
}
