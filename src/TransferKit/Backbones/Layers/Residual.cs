using TorchSharp;

namespace TransferKit;

/// <summary>Adds what a main path computes to its own input, or to a projection of it (He et al., 2016).</summary>
public sealed class Residual : Layer
{
    private readonly Layer _main, _skip;
    private readonly Layer? _then;

    /// <summary>Creates <c>then(main(x) + skip(x))</c>.</summary>
    /// <param name="main">The main path.</param>
    /// <param name="skip">The projection of the input; null adds the input itself.</param>
    /// <param name="then">What follows the sum, or null.</param>
    public Residual(Child main, Child? skip = null, Child? then = null)
    {
        var projection = skip ?? new Identity();
        (_main, _skip, _then) = (main.Layer, projection.Layer, then?.Layer);
        Children = then is { } last ? [main, projection, last] : [main, projection];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; }

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        var main = _main.Forward(input);
        var skip = _skip.Forward(input);
        // In training the sum may not overwrite the main path's output: its last layer may need it to find its gradient.
        var inPlace = !main.requires_grad && !ReferenceEquals(main, input);
        var sum = inPlace ? main.AddInPlace(skip) : main.Add(skip);
        foreach (var part in new[] { main, skip })
            if (!ReferenceEquals(part, input) && !ReferenceEquals(part, sum))
                part.Dispose();
        return _then is null ? sum : _then.Consume(sum);
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit)
    {
        var (main, skip) = (_main.OutputShape(input, visit), _skip.OutputShape(input, visit));
        if (main != skip)
            throw new ArgumentException($"A residual block can't add {main} (main path) and {skip} (skip path).", nameof(input));
        return _then is null ? main : _then.OutputShape(main, visit);
    }

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var sum = graph.Add(_main.Emit(graph, input), _skip.Emit(graph, input));
        return _then is null ? sum : _then.Emit(graph, sum);
    }
}
