namespace TransferKit;

/// <summary>
/// A layer with weights in an ONNX graph: a convolution or a linear layer, with the batch norm that follows it alone; or a batch
/// norm that follows none. Tensors are given by their names.
/// </summary>
/// <param name="kind">What it computes and with which geometry, without the sizes of its weights.</param>
internal sealed class WeightedLayer(string kind)
{
    /// <summary>What it computes and with which geometry, without the sizes of its weights.</summary>
    public string Kind { get; } = kind;

    /// <summary>The kernel or matrix; null for a norm alone.</summary>
    public string? Matrix { get; init; }

    /// <summary>Sizes of the kernel, or of the matrix as <c>[Out, In]</c>; of a norm alone, its channels.</summary>
    public IReadOnlyList<long> Shape { get; init; } = [];

    /// <summary>Whether the matrix is stored as <c>[In, Out]</c>.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>The bias; null: none.</summary>
    public string? Bias { get; set; }

    /// <summary>The batch norm's weight, bias, running mean and running variance; null: no norm.</summary>
    public IReadOnlyList<string>? Norm { get; set; }

    /// <summary>The batch norm's epsilon.</summary>
    public float Epsilon { get; set; }

    /// <summary>The layers whose outputs reach it, without another layer between.</summary>
    public IReadOnlyList<WeightedLayer> Before { get; init; } = [];

    /// <summary>Whether it could be a network's last layer, whose outputs are classes: it computes nothing but sums.</summary>
    public bool IsLinear => Norm is null && Matrix is not null && Shape.Skip(2).All(size => size == 1);

    /// <summary>All of its tensors.</summary>
    public IEnumerable<string> Tensors => new[] { Matrix, Bias }.Concat(Norm ?? []).OfType<string>();

    /// <summary><c>layer1.0.conv1.weight [64, 64, 3, 3]</c></summary>
    public override string ToString() => Tensors.FirstOrDefault() is { } name ? $"{name} {StoredTensor.Show(Shape)}" : Kind;
}
