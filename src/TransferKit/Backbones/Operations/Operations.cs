namespace TransferKit;

/// <summary>
/// The operations in which layers say what they compute. A layer says it once, in <see cref="Layer.Compute"/>; what the
/// values are decides what comes of it: tensors where a network runs, sizes and multiply-adds where it is looked at, nodes of a
/// graph where it is exported.
/// </summary>
/// <remarks>
/// The first dimension of a value is the batch, or what a layer makes of it: the windows of all images, say. In a graph that
/// is exported its size is unknown, and <see cref="Size"/> gives <see cref="Unknown"/>: take −1 for it in
/// <see cref="Reshape"/>. Operations leave their operands as they are; results may share memory with them.
/// </remarks>
/// <typeparam name="T">What values are.</typeparam>
public abstract class Operations<T>
    where T : class
{
    /// <summary>
    /// A size that is known only when a graph runs, and, in <see cref="Reshape"/>, one that follows from the others.
    /// </summary>
    public const long Unknown = -1;

    private protected Operations()
    {
    }

    /// <summary>The sizes of a value, outermost first.</summary>
    public abstract IReadOnlyList<long> Sizes(T value);

    /// <summary>The size of one dimension; an index may count from the end.</summary>
    public long Size(T value, Index dimension)
    {
        var sizes = Sizes(value);
        return sizes[dimension.GetOffset(sizes.Count)];
    }

    /// <summary>The shape of one sample: the sizes without the first.</summary>
    public Shape Sample(T value) => new([.. Sizes(value).Skip(1)]);

    /// <summary>Runs a layer within another.</summary>
    /// <param name="layer">One of the layer's <see cref="Layer.Children"/>.</param>
    /// <param name="input">Its input.</param>
    public abstract T Run(Layer layer, T input);

    /// <summary>A parameter or buffer, in its own element type.</summary>
    public abstract T Weight(Weight weight);

    /// <summary>A parameter in the element type of a value that it is combined with, which may be a reduced one.</summary>
    public abstract T Weight(Weight weight, T other);

    /// <summary>Numbers that are no weight, in the element type of a value and on its device.</summary>
    /// <param name="other">The value.</param>
    /// <param name="values">The numbers, row by row.</param>
    /// <param name="sizes">The sizes, outermost first.</param>
    public abstract T Constant(T other, float[] values, params long[] sizes);

    /// <summary>A value in another one's element type.</summary>
    public abstract T Cast(T value, T other);

    /// <summary>A value in float32, whatever it is computed in.</summary>
    public abstract T ToFloat32(T value);

    /// <summary>A two-dimensional convolution, <c>[N, C, H, W]</c> → <c>[N, C', H', W']</c>.</summary>
    /// <param name="input">The feature map.</param>
    /// <param name="kernel"><c>[C', C / groups, height, width]</c></param>
    /// <param name="bias"><c>[C']</c>, or null.</param>
    /// <param name="window">Stride, padding and dilation.</param>
    /// <param name="groups">Groups of channels that are convolved apart.</param>
    public abstract T Convolution(T input, T kernel, T? bias, Kernel2d window, int groups = 1);

    /// <summary>A linear map of the last dimension, <c>[N, …, In]</c> → <c>[N, …, Out]</c>.</summary>
    /// <param name="input">The vectors.</param>
    /// <param name="matrix"><c>[Out, In]</c></param>
    /// <param name="bias"><c>[Out]</c>, or null.</param>
    public abstract T Linear(T input, T matrix, T? bias);

    /// <summary>
    /// The products of matrices in the last two dimensions, <c>[N, …, R, K]</c> and <c>[N, …, K, C]</c> → <c>[N, …, R, C]</c>.
    /// </summary>
    internal abstract T MatMul(T left, T right);

    /// <summary>
    /// Averages values by the softmax of <c>scale · q · k + bias</c> over the keys, in each head by itself, and joins the heads
    /// (Vaswani et al., 2017): <c>[N, T, heads · D]</c>.
    /// </summary>
    /// <param name="queries"><c>[N, heads, T, D]</c>, as the keys and the values.</param>
    /// <param name="keys">What the queries are compared with.</param>
    /// <param name="values">What is averaged.</param>
    /// <param name="bias">
    /// <c>[G, heads, T, T]</c>, for G kinds of groups that come in turn among the N, or all N; null: none.
    /// </param>
    /// <param name="scale">What the products are multiplied by; null: 1 / √D.</param>
    public abstract T Attention(T queries, T keys, T values, T? bias = null, double? scale = null);

    /// <summary>Normalizes each channel, by what is tracked or, in training, by the batch (Ioffe and Szegedy, 2015).</summary>
    internal abstract T BatchNorm(BatchNorm norm, T input);

    /// <summary>Normalizes groups of a sample's channels by their own mean and variance (Wu and He, 2018).</summary>
    /// <param name="input"><c>[N, C, H, W]</c></param>
    /// <param name="groups">Groups; they divide the channels.</param>
    /// <param name="scale"><c>[C]</c></param>
    /// <param name="shift"><c>[C]</c></param>
    /// <param name="epsilon">Added to the variance.</param>
    internal abstract T GroupNorm(T input, int groups, T scale, T shift, double epsilon);

    /// <summary>Normalizes each vector of the last dimension by its own mean and variance (Ba et al., 2016).</summary>
    /// <param name="input"><c>[N, …, F]</c></param>
    /// <param name="scale"><c>[F]</c></param>
    /// <param name="shift"><c>[F]</c></param>
    /// <param name="epsilon">Added to the variance.</param>
    public abstract T LayerNorm(T input, T scale, T shift, double epsilon);

    /// <summary>Divides each vector of the last dimension by the root of its mean square (Zhang and Sennrich, 2019).</summary>
    /// <param name="input"><c>[N, …, F]</c></param>
    /// <param name="scale"><c>[F]</c></param>
    /// <param name="epsilon">Added to the mean square.</param>
    internal abstract T RmsNorm(T input, T scale, double epsilon);

    /// <summary>Scales each vector of the last dimension to length 1; one shorter than 1e-12 by 1e12.</summary>
    public abstract T Normalize(T input);

    /// <summary>The Euclidean length over some dimensions, which become of size 1.</summary>
    internal abstract T Length(T input, params long[] dimensions);

    /// <summary>A function of each value by itself.</summary>
    public abstract T Activate(ActivationFunction activation, T input);

    /// <summary>eˣ</summary>
    public abstract T Exp(T input);

    /// <summary>The lesser of each value and a number.</summary>
    public abstract T Minimum(T input, double limit);

    /// <summary>Each value times a number.</summary>
    public abstract T Scale(T input, double factor);

    /// <summary>The sum of two values, which broadcast to each other.</summary>
    public abstract T Add(T left, T right);

    /// <summary>The product of two values, element by element, which broadcast to each other.</summary>
    public abstract T Multiply(T left, T right);

    /// <summary>The quotient of two values, element by element, which broadcast to each other.</summary>
    internal abstract T Divide(T left, T right);

    /// <summary>The maximum or the average of each window of <c>[N, C, H, W]</c>.</summary>
    /// <param name="input">The feature map.</param>
    /// <param name="kind">Maximum or average; padding counts as zeros in the average.</param>
    /// <param name="window">Kernel, stride and padding.</param>
    /// <param name="ceiling">Whether windows that reach over the end count too.</param>
    public abstract T Pool(T input, PoolKind kind, Kernel2d window, bool ceiling = false);

    /// <summary>The maximum or the average of each of S × S parts of a feature map, <c>[N, C, S, S]</c>.</summary>
    /// <param name="input"><c>[N, C, H, W]</c></param>
    /// <param name="kind">Maximum or average.</param>
    /// <param name="size">Height and width of the output, S.</param>
    public abstract T GlobalPool(T input, PoolKind kind, int size = 1);

    /// <summary>
    /// In training sets values to zero, each by itself (Srivastava et al., 2014) or all of a sample (Huang et al., 2016), and
    /// scales the others to keep the mean.
    /// </summary>
    internal abstract T Drop(T input, double probability, bool wholeSamples, bool training);

    /// <summary>Gives a value other sizes; one may be <see cref="Unknown"/>, which then follows from the others.</summary>
    public abstract T Reshape(T input, params long[] sizes);

    /// <summary>Puts the dimensions into another order: for each of the output that of the input which it is.</summary>
    public abstract T Permute(T input, params long[] order);

    /// <summary>Joins values along a dimension.</summary>
    public abstract T Concat(int dimension, params IReadOnlyList<T> inputs);

    /// <summary>Cuts a dimension into parts of the given lengths.</summary>
    public abstract T[] Split(T input, int dimension, params long[] lengths);

    /// <summary>Takes a run of a dimension.</summary>
    public abstract T Slice(T input, int dimension, long start, long length);

    /// <summary>Adds zeros, for each dimension in front of its values and behind them.</summary>
    public abstract T Pad(T input, long[] front, long[] behind);

    /// <summary>Moves values along dimensions, those that reach over an end coming in again at the other.</summary>
    /// <param name="input">The values.</param>
    /// <param name="shifts">How far, for each of the dimensions.</param>
    /// <param name="dimensions">Which dimensions.</param>
    public abstract T Roll(T input, long[] shifts, long[] dimensions);

    /// <summary>Looks rows up, <c>[rows, F]</c> by <c>[indices]</c> → <c>[indices, F]</c>.</summary>
    public abstract T Rows(T table, T indices);

    /// <summary>Looks rows up whose numbers are no weight, <c>[rows, F]</c> → <c>[indices, F]</c>.</summary>
    internal abstract T Rows(T table, long[] indices);

    /// <summary>Puts the same in front of each sample's values, <c>[N, T, F]</c> → <c>[N, K + T, F]</c>.</summary>
    /// <param name="input">The samples.</param>
    /// <param name="first"><c>[1, K, F]</c></param>
    public abstract T Prepend(T input, T first);

    /// <summary>Runs a TorchSharp module, of which nothing is known but the shape that it gives.</summary>
    internal abstract T Run(ModuleLayer module, T input);

    /// <summary>
    /// As <see cref="Convolution(T, T, T, Kernel2d, int)"/>, then adds a map, which may be overwritten, and activates; null:
    /// neither.
    /// </summary>
    internal virtual T Convolution(
        T input, T kernel, T? bias, Kernel2d window, int groups, T? addend, ActivationFunction? activation)
    {
        var output = Convolution(input, kernel, bias, window, groups);
        return ActivateIfAny(activation, addend is null ? output : AddInPlace(output, addend));
    }

    /// <summary>As <see cref="Linear(T, T, T)"/>, and what follows; null: nothing does.</summary>
    internal virtual T Linear(T input, T matrix, T? bias, ActivationFunction? activation) =>
        ActivateIfAny(activation, Linear(input, matrix, bias));

    private T ActivateIfAny(ActivationFunction? activation, T value) =>
        activation is { } function ? ActivateInPlace(function, value) : value;

    /// <summary>
    /// A value whose numbers lie in the order of its dimensions, as they needn't behind <see cref="Permute"/>: for one that is
    /// combined with a larger value, which would take over its layout.
    /// </summary>
    internal virtual T InOrder(T value) => value;

    // The next four may overwrite an operand, where nobody outside the layer needs it either.

    /// <summary>As <see cref="Run(Layer, T)"/>, where the input isn't needed any more.</summary>
    internal virtual T RunInPlace(Layer layer, T input) => Run(layer, input);

    /// <summary>As <see cref="Activate"/>, where the input isn't needed any more.</summary>
    internal virtual T ActivateInPlace(ActivationFunction activation, T input) => Activate(activation, input);

    /// <summary>As <see cref="Add"/>, where the left operand isn't needed any more.</summary>
    internal virtual T AddInPlace(T left, T right) => Add(left, right);

    /// <summary>As <see cref="Multiply"/>, where the left operand isn't needed any more.</summary>
    internal virtual T MultiplyInPlace(T left, T right) => Multiply(left, right);

    /// <summary>Runs layers one after the other.</summary>
    internal virtual T Chain(IEnumerable<Layer> layers, T input) =>
        layers.Aggregate(input, (value, layer) => Run(layer, value));
}
