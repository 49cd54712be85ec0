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
        _ => throw new InvalidOperationException($"Unknown activation {_function}."),
    };

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input;
}

/// <summary>The activations that torchvision's classifiers use.</summary>
public enum ActivationFunction
{
    /// <summary>max(x, 0)</summary>
    Relu,

    /// <summary>min(max(x, 0), 6)</summary>
    Relu6,
}
