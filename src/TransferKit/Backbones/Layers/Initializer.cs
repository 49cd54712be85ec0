using TorchSharp;

namespace TransferKit;

/// <summary>Fills a freshly allocated tensor, drawing from libtorch's global random generator. Runs without gradients.</summary>
/// <param name="tensor">The tensor to fill in place.</param>
public delegate void Initializer(torch.Tensor tensor);

/// <summary>The distributions that torchvision starts its networks from.</summary>
public static class Initialize
{
    /// <summary>All zeros.</summary>
    public static Initializer Zeros { get; } = tensor => tensor.zero_();

    /// <summary>All ones.</summary>
    public static Initializer Ones { get; } = tensor => tensor.Fill(1);

    /// <summary>PyTorch's default for convolutions and linear layers: Kaiming uniform with a = √5, that is ±1/√fan-in.</summary>
    public static Initializer Default { get; } = tensor => torch.nn.init.kaiming_uniform_(tensor, Math.Sqrt(5));

    /// <summary>Kaiming normal for ReLU over the fan-in (He et al., 2015).</summary>
    public static Initializer KaimingNormal { get; } = tensor => torch.nn.init.kaiming_normal_(tensor);

    /// <summary>Kaiming normal for ReLU over the fan-out (He et al., 2015).</summary>
    public static Initializer KaimingNormalFanOut { get; } = tensor => torch.nn.init.kaiming_normal_(
        tensor, mode: torch.nn.init.FanInOut.FanOut, nonlinearity: torch.nn.init.NonlinearityType.ReLU);

    /// <summary>Kaiming uniform for ReLU over the fan-in (He et al., 2015).</summary>
    public static Initializer KaimingUniform { get; } = tensor => torch.nn.init.kaiming_uniform_(tensor);

    /// <summary>Kaiming uniform without a gain, over the fan-out: ±√(3 / fan-out).</summary>
    public static Initializer KaimingUniformFanOut { get; } = tensor => torch.nn.init.kaiming_uniform_(
        tensor, mode: torch.nn.init.FanInOut.FanOut, nonlinearity: torch.nn.init.NonlinearityType.Sigmoid);

    /// <summary>Uniform over ±√(6 / (fan-in + fan-out)) (Glorot and Bengio, 2010).</summary>
    public static Initializer XavierUniform { get; } = tensor => torch.nn.init.xavier_uniform_(tensor);

    /// <summary>Every value the same.</summary>
    public static Initializer Constant(double value) => tensor => tensor.Fill(value);

    /// <summary>Uniform over [−bound, bound).</summary>
    public static Initializer Uniform(double bound) => tensor => tensor.uniform_(-bound, bound);

    /// <summary>Normal with the given mean and standard deviation.</summary>
    public static Initializer Normal(double std, double mean = 0) => tensor => tensor.normal_(mean, std);

    /// <summary>Normal around zero with the given standard deviation; values outside −2..2 are drawn anew.</summary>
    public static Initializer TruncatedNormal(double std) => tensor => Truncate(tensor, std, 2);

    /// <summary>
    /// Normal around zero with a variance of one over the fan-in (LeCun et al., 1998), cut off at two standard deviations, as
    /// Flax draws it.
    /// </summary>
    internal static Initializer LecunNormal { get; } = tensor =>
    {
        // What is cut off takes its share of the deviation with it.
        const double CutDeviation = 0.87962566103423978;
        var std = Math.Sqrt((double)tensor.shape[0] / tensor.numel()) / CutDeviation;
        Truncate(tensor, std, 2 * std);
    };

    /// <summary>Multiplies what another way of starting gives.</summary>
    internal static Initializer Scaled(Initializer start, double factor) => tensor =>
    {
        start(tensor);
        tensor.MultiplyInPlace(factor);
    };

    /// <summary>Starts the first half of the outermost dimension in one way, the second half in another.</summary>
    internal static Initializer Halves(Initializer first, Initializer second) => tensor =>
    {
        // All of it, for the fan of a matrix is that of the whole.
        first(tensor);
        var half = tensor.shape[0] / 2;
        second(tensor.narrow(0, half, half));
    };

    private static void Truncate(torch.Tensor tensor, double std, double reach)
    {
        // Not torch.nn.init.trunc_normal_, which in TorchSharp 0.107 fills the tensor with the standard deviation.
        tensor.normal_(0, std);
        for (var outside = Outside(); outside.any().item<bool>(); outside = Outside())
            tensor.copy_(torch.where(outside, torch.empty_like(tensor).normal_(0, std), tensor));

        torch.Tensor Outside() => tensor.abs().GreaterThan(reach);
    }
}
