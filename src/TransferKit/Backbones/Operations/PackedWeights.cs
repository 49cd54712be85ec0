using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// The kernels and matrices of compiled layers, laid out as oneDNN reads them fastest. libtorch would do so anew in every
/// convolution, which takes most of the time where batches and maps are small. The layout depends on the sizes of the input: it
/// is made when a size is met first. Convolutions are given to oneDNN itself where it is found in libtorch
/// (<see cref="OneDnnLibrary"/>), else to libtorch's operators (<see cref="OneDnn"/>). Thread-safe.
/// </summary>
internal sealed class PackedWeights : IDisposable
{
    // Whole batches and single images. What is left over of a batch takes the layout that is there, which is as right.
    private const int Layouts = 2;

    // Numbers of a matrix for single vectors that may be held twice: beyond, memory counts more than the second thread's help.
    private const long MostNumbers = 1 << 22;

    private readonly Dictionary<Tensor, List<(long[] Input, Tensor Packed)>> _packed;
    private readonly Dictionary<Tensor, OneDnnKernel> _kernels = new(ReferenceEqualityComparer.Instance);
    private readonly long _batch;
    private volatile bool _isRefused;

    private PackedWeights(IEnumerable<Tensor> weights, int batch)
    {
        _batch = batch;
        _packed = new(ReferenceEqualityComparer.Instance);
        foreach (var weight in weights)
        {
            _packed[weight] = [];
            if ((weight.dim() == 4 || weight.numel() <= MostNumbers) && OneDnnLibrary.Instance is { } library)
                _kernels[weight] = new OneDnnKernel(library, weight);
        }
    }

    /// <summary>
    /// Prepares for weights, none of which is packed so far; null: there is no oneDNN for them, and they are run as they are.
    /// </summary>
    /// <param name="weights">Their values, which stay the same as long as this lives.</param>
    /// <param name="batch">Samples of a whole batch.</param>
    public static PackedWeights? Of(IEnumerable<Tensor> weights, int batch)
    {
        var suitable = weights.Where(weight => weight.device_type == DeviceType.CPU && weight.dim() is 2 or 4
            && weight.dtype is ScalarType.Float32 or ScalarType.BFloat16).ToList();
        return suitable.Count > 0 && OneDnn.IsAvailable ? new PackedWeights(suitable, batch) : null;
    }

    /// <summary>
    /// A convolution, which is added to a map if there is one, in its place, and an activation if there is one.
    /// </summary>
    /// <returns>The output; null: it has to be computed with the kernel as it is.</returns>
    public Tensor? Convolution(Tensor input, Tensor kernel, Tensor? bias, Kernel2d window, int groups, Tensor? addend,
        ActivationFunction? activation)
    {
        if (!IsPacked(kernel, input, bias, activation))
            return null;
        if (_kernels.TryGetValue(kernel, out var own))
        {
            var sizes = input.shape;
            return own.Convolve(input, bias, addend, new OneDnnTask(sizes[0], sizes[1], sizes[2], sizes[3], window, groups,
                bias is not null, addend is not null, activation, TorchRuntime.Threads));
        }
        var sliding = new OneDnnWindow(window.Strides, window.Paddings, window.Dilations);
        return Packed(kernel, input.shape, sizes => OneDnn.PackKernel(kernel, sliding, groups, sizes)) is { } packed
            ? Accepted(OneDnn.Convolution(input, packed, bias, sliding, groups, addend, Named(activation)))
            : null;
    }

    /// <summary>A linear map, and an activation if there is one.</summary>
    /// <returns>The output; null: it has to be computed with the matrix as it is.</returns>
    public Tensor? Linear(Tensor input, Tensor matrix, Tensor? bias, ActivationFunction? activation)
    {
        // libtorch has one thread multiply a single vector, where pixels are shared out.
        if (input.dim() == 2)
            return _kernels.ContainsKey(matrix)
                ? Convolution(input.reshape([.. input.shape, 1, 1]), matrix, bias, new Kernel2d(kernel: 1), groups: 1,
                    addend: null, activation)?.flatten(1)
                : null;
        if (!IsPacked(matrix, input, bias, activation))
            return null;
        // Always that of a whole batch: here the layout decides in which order sums are formed, and so the last bits.
        var rows = input.shape[1..^1].Aggregate(_batch, (product, size) => product * size);
        return Packed(matrix, [rows], sizes => OneDnn.PackMatrix(matrix, sizes[0])) is { } packed
            ? Accepted(OneDnn.Linear(input, packed, bias, Named(activation)))
            : null;
    }

    public void Dispose()
    {
        foreach (var (_, packed) in _packed.Values.SelectMany(layouts => layouts))
            packed.Dispose();
        _packed.Clear();
        foreach (var kernel in _kernels.Values)
            kernel.Dispose();
        _kernels.Clear();
    }

    private bool IsPacked(Tensor weight, Tensor input, Tensor? bias, ActivationFunction? activation) =>
        !_isRefused && _packed.ContainsKey(weight) && input.dtype == weight.dtype && (bias is null || bias.dtype == weight.dtype)
        && Named(activation).Name.Length > 0 && input.numel() > 0;

    private Tensor? Packed(Tensor weight, long[] input, Func<long[], Tensor?> pack)
    {
        var layouts = _packed[weight];
        lock (layouts)
        {
            foreach (var (sizes, known) in layouts)
                if (sizes.AsSpan().SequenceEqual(input))
                    return known;
            if (layouts.Count == Layouts)
                return layouts[0].Packed;
            if (Accepted(pack(input)) is not { } packed)
                return null;
            layouts.Add((input, packed.DetachFromDisposeScope()));
            return packed;
        }
    }

    // What libtorch refuses once, it is not asked again: it writes a line to the console each time.
    private Tensor? Accepted(Tensor? result)
    {
        _isRefused |= result is null;
        return result;
    }

    private static OneDnnActivation Named(ActivationFunction? activation) => activation switch
    {
        null => new("none"u8),
        ActivationFunction.Relu => new("relu"u8),
        ActivationFunction.Relu6 => new("hardtanh"u8, hasLimits: true),
        ActivationFunction.Silu => new("swish"u8),
        ActivationFunction.Hardswish => new("hardswish"u8),
        ActivationFunction.Hardsigmoid => new("hardsigmoid"u8),
        ActivationFunction.Sigmoid => new("sigmoid"u8),
        ActivationFunction.Tanh => new("tanh"u8),
        ActivationFunction.Gelu => new("gelu"u8, "none"u8),
        ActivationFunction.GeluTanh => new("gelu"u8, "tanh"u8),
        _ => default,
    };
}
