namespace TransferKit;

/// <summary>A function of each value by itself. Overwrites its input where nobody else needs it.</summary>
/// <param name="function">Which function.</param>
internal sealed class Activation(ActivationFunction function) : Layer
{
    private bool _isFused;

    /// <inheritdoc/>
    public override string Kind => $"{function}";

    internal override bool IsIdle => _isFused;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        _isFused ? input : ops.ActivateInPlace(function, input);

    /// <summary>Hands the function over to the layer in front; this one does nothing any more.</summary>
    public ActivationFunction Fuse()
    {
        _isFused = true;
        return function;
    }
}

/// <summary>The activations that classifiers use.</summary>
public enum ActivationFunction
{
    /// <summary>max(x, 0)</summary>
    Relu,

    /// <summary>min(max(x, 0), 6)</summary>
    Relu6,

    /// <summary>x · sigmoid(x) (Elfwing et al., 2017), also called swish.</summary>
    Silu,

    /// <summary>x · min(max(x + 3, 0), 6) / 6 (Howard et al., 2019).</summary>
    Hardswish,

    /// <summary>min(max(x + 3, 0), 6) / 6</summary>
    Hardsigmoid,

    /// <summary>1 / (1 + e⁻ˣ)</summary>
    Sigmoid,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>x · Φ(x), Φ being the normal distribution function (Hendrycks and Gimpel, 2016).</summary>
    Gelu,

    /// <summary>x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2, close to GELU (Hendrycks and Gimpel, 2016).</summary>
    GeluTanh,

    /// <summary>
    /// x · sigmoid(1.702 · x), close to GELU (Hendrycks and Gimpel, 2016), which OpenAI's CLIP has in its place.
    /// </summary>
    QuickGelu,

    /// <summary>max(x, 0)² (So et al., 2021)</summary>
    SquaredRelu,
}
