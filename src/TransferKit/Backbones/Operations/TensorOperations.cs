using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>
/// Runs layers on tensors. What layers make on the way is freed as soon as it isn't needed, and overwritten where gradients
/// allow it. One object for one forward pass, on one thread.
/// </summary>
internal sealed class TensorOperations : Operations<Tensor>
{
    // What layers that run now were given, and views of it: somebody else may need it.
    private readonly List<Tensor> _borrowed = [];

    // Results that autograd keeps, as their gradient is found from them.
    private readonly List<Tensor> _saved = [];

    /// <summary>Called with each layer and its input before the layer runs; null: nothing is.</summary>
    public Action<Layer, Tensor>? BeforeLayer { get; init; }

    /// <summary>Weights that are laid out for inference; null: none is.</summary>
    public PackedWeights? Packed { get; init; }

    /// <summary>Whether this was computed before, so that batch norms have tracked its statistics.</summary>
    private bool IsRepeated { get; init; }

    /// <summary>Runs layers one after the other on an input that stays as it is.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="input">What the first of them takes.</param>
    /// <param name="packed">Their weights as they are laid out for inference; null: none is.</param>
    /// <returns>The result; it may be the input itself, or a view of it.</returns>
    public static Tensor Forward(IEnumerable<Layer> layers, Tensor input, PackedWeights? packed = null) =>
        new TensorOperations { Packed = packed }.RunAll(layers, input);

    /// <summary>Runs layers again as <see cref="Forward"/> did, without tracking statistics once more.</summary>
    /// <inheritdoc cref="Forward"/>
    public static Tensor Recompute(IEnumerable<Layer> layers, Tensor input) =>
        new TensorOperations { IsRepeated = true }.RunAll(layers, input);

    private Tensor RunAll(IEnumerable<Layer> layers, Tensor input)
    {
        TorchRuntime.UseThreads();
        _borrowed.Add(input);
        using var scope = NewDisposeScope();
        var output = Chain(layers, input);
        return ReferenceEquals(output, input) ? output : output.MoveToOuterDisposeScope();
    }

    public override IReadOnlyList<long> Sizes(Tensor value) => value.shape;

    public override Tensor Run(Layer layer, Tensor input) => Run(layer, input, isBorrowed: true);

    internal override Tensor RunInPlace(Layer layer, Tensor input) => Run(layer, input, Contains(_borrowed, input));

    private Tensor Run(Layer layer, Tensor input, bool isBorrowed)
    {
        BeforeLayer?.Invoke(layer, input);
        var outside = _borrowed.Count;
        if (isBorrowed)
            _borrowed.Add(input);
        using var scope = NewDisposeScope();
        var output = layer.Compute(this, input);
        var isView = Contains(_borrowed, output, outside);
        _borrowed.RemoveRange(outside, _borrowed.Count - outside);
        if (isView)
            _borrowed.Add(output);
        return ReferenceEquals(output, input) ? output : output.MoveToOuterDisposeScope();
    }

    internal override Tensor Chain(IEnumerable<Layer> layers, Tensor input)
    {
        var current = input;
        foreach (var layer in layers)
        {
            var next = RunInPlace(layer, current);
            // At once, also if a chain around this one made it: what runs next then finds its memory in the cache.
            if (!ReferenceEquals(current, next) && !Contains(_borrowed, current))
                current.Dispose();
            current = next;
        }
        return current;
    }

    public override Tensor Weight(Weight weight) => weight.Value;

    public override Tensor Weight(Weight weight, Tensor other) => Cast(weight.Value, other);

    public override Tensor Constant(Tensor other, float[] values, params long[] sizes)
    {
        // Copied once: torch.tensor copies the array into another one first, and pins that.
        var constant = empty(sizes, ScalarType.Float32);
        if (constant.numel() != values.Length)
            throw new ArgumentException(
                $"{values.Length} numbers can't be given the sizes [{string.Join(", ", sizes)}].", nameof(values));
        values.CopyTo(MemoryMarshal.Cast<byte, float>(constant.bytes));
        return constant.to(other.dtype, other.device);
    }

    public override Tensor Cast(Tensor value, Tensor other) => To(other.dtype, value);

    public override Tensor ToFloat32(Tensor value) => To(ScalarType.Float32, value);

    private static Tensor To(ScalarType type, Tensor value) => value.dtype == type ? value : value.to_type(type);

    public override Tensor Convolution(Tensor input, Tensor kernel, Tensor? bias, Kernel2d window, int groups = 1)
    {
        if (IsSubsampling(window) && kernel.requires_grad && kernel.shape[1] < 16)
        {
            // The gradient by the kernel of such a convolution is written past oneDNN's memory where an input of fewer channels
            // than a vector (of 16 floats) lies channels-last: its issue 6035, of 2026. Only the pixels that the strides meet
            // count.
            for (var axis = 0; axis < 2; axis++)
                input = input.slice(2 + axis, 0, long.MaxValue, window.Strides[axis]);
            window = new Kernel2d(kernel: 1);
        }
        return functional.conv2d(input, kernel, bias, window.Strides, window.Paddings, window.Dilations, groups);
    }

    // One pixel in, one pixel out, and pixels between them that nobody sees.
    private static bool IsSubsampling(Kernel2d window) =>
        window.Height is { Kernel: 1, Padding: 0 } && window.Width is { Kernel: 1, Padding: 0 }
        && (window.Height.Stride, window.Width.Stride) != (1, 1);

    internal override Tensor Convolution(Tensor input, Tensor kernel, Tensor? bias, Kernel2d window, int groups,
        Tensor? addend, ActivationFunction? activation)
    {
        if (Packed is null)
            return base.Convolution(input, kernel, bias, window, groups, addend, activation);
        // libtorch lets oneDNN add in the addend's place, and end a sum with one function only.
        if (addend is not null && activation is { } function and not ActivationFunction.Relu)
            return ActivateInPlace(function, Convolution(input, kernel, bias, window, groups, addend, activation: null));
        var sum = addend is null || CanOverwrite(addend) ? addend : addend.clone();
        return Packed.Convolution(input, kernel, bias, window, groups, sum, activation)
            ?? base.Convolution(input, kernel, bias, window, groups, sum, activation);
    }

    public override Tensor Linear(Tensor input, Tensor matrix, Tensor? bias) => functional.linear(input, matrix, bias);

    internal override Tensor Linear(Tensor input, Tensor matrix, Tensor? bias, ActivationFunction? activation) =>
        Packed?.Linear(input, matrix, bias, activation) ?? base.Linear(input, matrix, bias, activation);

    internal override Tensor MatMul(Tensor left, Tensor right) => left.matmul(right);

    public override Tensor Attention(Tensor queries, Tensor keys, Tensor values, Tensor? bias = null, double? scale = null)
    {
        // TorchSharp's call divides by the root of a head's features, always.
        if (scale is { } factor)
            queries = Scale(queries, factor * Math.Sqrt(queries.shape[^1]));
        if (bias is null || bias.shape[0] == 1)
            return Join(functional.scaled_dot_product_attention(queries, keys, values, bias?.contiguous()));
        // Kinds count as heads, so that the bias need not be repeated.
        var attended = functional.scaled_dot_product_attention(
            Fold(queries), Fold(keys), Fold(values), bias.flatten(0, 1).unsqueeze(0));
        return Join(attended.reshape([.. queries.shape[..3], values.shape[^1]]));

        Tensor Fold(Tensor heads) => heads.unflatten(0, [-1, bias.shape[0]]).flatten(1, 2);

        static Tensor Join(Tensor heads) => heads.transpose(1, 2).flatten(2);
    }

    internal override Tensor BatchNorm(BatchNorm norm, Tensor input)
    {
        if (norm.Training && !IsRepeated)
            norm.Batches.Value.AddInPlace(1);
        var momentum = IsRepeated ? 0 : norm.Momentum;
        if (norm.Training && norm.Across is { } group)
            return SyncBatchNorm.Run(norm, input, group, momentum);
        return functional.batch_norm(input, norm.Mean.Value, norm.Variance.Value, norm.Scale.Value, norm.Shift.Value,
            norm.Training, momentum, norm.Epsilon);
    }

    internal override Tensor GroupNorm(Tensor input, int groups, Tensor scale, Tensor shift, double epsilon) =>
        functional.group_norm(input, groups, Cast(scale, input), Cast(shift, input), epsilon);

    public override Tensor LayerNorm(Tensor input, Tensor scale, Tensor shift, double epsilon)
    {
        // On the CPU, 16-bit vectors are normalized with float32 weights, which then needn't be rounded; GPUs take one type.
        if (input.device_type != DeviceType.CPU)
            (scale, shift) = (Cast(scale, input), Cast(shift, input));
        return functional.layer_norm(input, scale.shape, scale, shift, epsilon);
    }

    internal override Tensor RmsNorm(Tensor input, Tensor scale, double epsilon)
    {
        var values = ToFloat32(input);
        var root = (values * values).mean([-1], keepdim: true).Add(epsilon).rsqrt();
        return Cast(values * root * ToFloat32(scale), input);
    }

    public override Tensor Normalize(Tensor input) => functional.normalize(input, dim: -1);

    // The length of lengths, dimension by dimension: the call that takes several makes a Scalar that nothing keeps.
    internal override Tensor Length(Tensor input, params long[] dimensions) =>
        dimensions.Aggregate(input, (lengths, dimension) => lengths.norm((int)dimension, keepdim: true));

    public override Tensor Activate(ActivationFunction activation, Tensor input) => Activate(activation, input, inPlace: false);

    internal override Tensor ActivateInPlace(ActivationFunction activation, Tensor input) =>
        Activate(activation, input, CanOverwrite(input));

    private Tensor Activate(ActivationFunction activation, Tensor input, bool inPlace) => activation switch
    {
        ActivationFunction.Relu => Saved(functional.relu(input, inPlace)),
        ActivationFunction.Relu6 => functional.relu6(input, inPlace),
        ActivationFunction.Silu => functional.silu(input, inPlace),
        ActivationFunction.Hardswish => functional.hardswish(input, inPlace),
        ActivationFunction.Hardsigmoid => functional.hardsigmoid(input, inPlace),
        ActivationFunction.Sigmoid => Saved(inPlace ? input.sigmoid_() : input.sigmoid()),
        ActivationFunction.Tanh => Saved(inPlace ? input.tanh_() : input.tanh()),
        ActivationFunction.Gelu => functional.gelu(input),
        ActivationFunction.GeluTanh => GeluTanh(input),
        ActivationFunction.QuickGelu => input * input.Multiply(1.702).sigmoid(),
        ActivationFunction.SquaredRelu => SquaredRelu(input),
        _ => throw new InvalidOperationException($"Unknown activation {activation}."),
    };

    private static Tensor SquaredRelu(Tensor input)
    {
        var positive = functional.relu(input);
        return positive * positive;
    }

    private static Tensor GeluTanh(Tensor input)
    {
        var cube = (input * input * input).Multiply(0.044715);
        var tanh = TensorArithmetic.Add(input, cube).Multiply(Math.Sqrt(2 / Math.PI)).tanh();
        return (input * tanh.Add(1)).Multiply(0.5);
    }

    public override Tensor Exp(Tensor input) => Saved(input.exp());

    public override Tensor Minimum(Tensor input, double limit) => input.ClampMax(limit);

    public override Tensor Scale(Tensor input, double factor) => input.Multiply(factor);

    public override Tensor Add(Tensor left, Tensor right) => TensorArithmetic.Add(left, right);

    // In training the sum may not overwrite an operand: the layer that made it may need it to find its gradient.
    internal override Tensor AddInPlace(Tensor left, Tensor right) =>
        CanOverwrite(left) && !left.requires_grad && !right.requires_grad
            ? TensorArithmetic.AddInPlace(left, right)
            : TensorArithmetic.Add(left, right);

    public override Tensor Multiply(Tensor left, Tensor right) => left * right;

    internal override Tensor MultiplyInPlace(Tensor left, Tensor right) =>
        CanOverwrite(left) && !left.requires_grad && !right.requires_grad ? left.mul_(right) : left * right;

    internal override Tensor Divide(Tensor left, Tensor right) => left / right;

    public override Tensor Pool(Tensor input, PoolKind kind, Kernel2d window, bool ceiling = false) => kind == PoolKind.Max
        ? functional.max_pool2d(input, window.Kernels, window.Strides, window.Paddings, window.Dilations, ceiling)
        : functional.avg_pool2d(input, window.Kernels, window.Strides, window.Paddings, ceiling);

    public override Tensor GlobalPool(Tensor input, PoolKind kind, int size = 1) => kind == PoolKind.Max
        ? functional.adaptive_max_pool2d(input, [size, size])
        : functional.adaptive_avg_pool2d(input, [size, size]);

    internal override Tensor Drop(Tensor input, double probability, bool wholeSamples, bool training)
    {
        if (!training || probability == 0)
            return input;
        var sizes = input.shape;
        if (wholeSamples)
            sizes.AsSpan(1).Fill(1);
        return input * RandomSource.Mask(sizes, 1 - probability, input);
    }

    public override Tensor Reshape(Tensor input, params long[] sizes) => View(input, input.reshape(sizes));

    public override Tensor Permute(Tensor input, params long[] order) => View(input, input.permute(order));

    internal override Tensor InOrder(Tensor value) => View(value, value.contiguous());

    public override Tensor Concat(int dimension, params IReadOnlyList<Tensor> inputs) => cat([.. inputs], dimension);

    public override Tensor[] Split(Tensor input, int dimension, params long[] lengths) =>
        [.. input.split(lengths, dimension).Select(part => View(input, part))];

    public override Tensor Slice(Tensor input, int dimension, long start, long length) =>
        View(input, input.narrow(dimension, start, length));

    /// <summary>libtorch takes the last dimension first.</summary>
    public override Tensor Pad(Tensor input, long[] front, long[] behind) => functional.pad(input,
        [.. Enumerable.Range(1, front.Length).SelectMany(i => new[] { front[^i], behind[^i] })]);

    public override Tensor Roll(Tensor input, long[] shifts, long[] dimensions) => input.roll(shifts, dimensions);

    public override Tensor Rows(Tensor table, Tensor indices) => table.index_select(0, indices);

    internal override Tensor Rows(Tensor table, long[] indices)
    {
        using var index = tensor(indices, device: table.device);
        return table.index_select(0, index);
    }

    public override Tensor Prepend(Tensor input, Tensor first)
    {
        var sizes = first.shape;
        sizes[0] = input.shape[0];
        return cat([first.expand(sizes), input], 1);
    }

    internal override Tensor Run(ModuleLayer module, Tensor input) => module.Invoke(ToFloat32(input));

    private bool CanOverwrite(Tensor value) => !Contains(_borrowed, value) && !Contains(_saved, value);

    private Tensor Saved(Tensor result)
    {
        if (result.requires_grad)
            _saved.Add(result);
        return result;
    }

    private Tensor View(Tensor of, Tensor view)
    {
        if (Contains(_borrowed, of))
            _borrowed.Add(view);
        if (Contains(_saved, of))
            _saved.Add(view);
        return view;
    }

    private static bool Contains(List<Tensor> tensors, Tensor tensor, int from = 0)
    {
        for (var i = from; i < tensors.Count; i++)
            if (ReferenceEquals(tensors[i], tensor))
                return true;
        return false;
    }
}
