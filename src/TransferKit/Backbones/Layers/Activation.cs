using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>A function of each value by itself. Overwrites its input where nobody else needs it.</summary>
public sealed class Activation : Layer
{
    private readonly ActivationFunction _function;

    /// <summary>Creates an activation.</summary>
    /// <param name="function">Which function.</param>
    public Activation(ActivationFunction function) => _function = function;

    /// <inheritdoc/>
    public override string Kind => _function.ToString();

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => Apply(input, inPlace: false);

    /// <inheritdoc/>
    protected internal override torch.Tensor Consume(torch.Tensor input)
    {
        var output = Apply(input, inPlace: true);
        if (!ReferenceEquals(output, input))
            input.Dispose();
        return output;
    }

    private torch.Tensor Apply(torch.Tensor x, bool inPlace) => _function switch
    {
        ActivationFunction.Relu => functional.relu(x, inPlace),
        ActivationFunction.Relu6 => functional.relu6(x, inPlace),
        ActivationFunction.Silu => functional.silu(x, inPlace),
        ActivationFunction.Hardswish => functional.hardswish(x, inPlace),
        ActivationFunction.Hardsigmoid => functional.hardsigmoid(x, inPlace),
        ActivationFunction.Sigmoid => inPlace ? x.sigmoid_() : x.sigmoid(),
        ActivationFunction.Tanh => inPlace ? x.tanh_() : x.tanh(),
        ActivationFunction.Gelu => functional.gelu(x),
        _ => throw new InvalidOperationException($"Unknown activation {_function}."),
    };

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input;

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        return _function switch
        {
            ActivationFunction.Relu => graph.Map("Relu", input),
            ActivationFunction.Relu6 => graph.Node("Clip", input.Sizes, [input, graph.Scalar(0), graph.Scalar(6)]),
            ActivationFunction.Silu => graph.Multiply(input, graph.Map("Sigmoid", input)),
            ActivationFunction.Hardswish => graph.Map("HardSwish", input),
            ActivationFunction.Hardsigmoid => graph.Map("HardSigmoid", input, ("alpha", 1 / 6f), ("beta", 0.5f)),
            ActivationFunction.Sigmoid => graph.Map("Sigmoid", input),
            ActivationFunction.Tanh => graph.Map("Tanh", input),
            ActivationFunction.Gelu => Gelu(),
            _ => throw new InvalidOperationException($"Unknown activation {_function}."),
        };

        // x · (1 + erf(x / √2)) / 2, written as runtimes expect it that make one operator of it: ONNX has none before opset 20.
        OnnxValue Gelu()
        {
            var error = graph.Map("Erf", graph.Combine("Div", input, graph.Scalar(Math.Sqrt(2))));
            return graph.Multiply(graph.Multiply(input, graph.Add(error, graph.Scalar(1))), graph.Scalar(0.5));
        }
    }
}

/// <summary>The activations that torchvision's classifiers use.</summary>
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
}
