namespace TransferKit;

/// <summary>A value in an ONNX graph: a weight, a constant, or what a node computes.</summary>
/// <param name="Name">Its name, unique in the graph.</param>
/// <param name="Sizes">Its sizes, outermost first; <see cref="Batch"/> in front where it depends on the images.</param>
internal sealed record OnnxValue(string Name, IReadOnlyList<long> Sizes)
{
    /// <summary>Stands for a size that is known only when the graph runs: the images, or the windows of all images.</summary>
    public const long Batch = -1;

    /// <summary>Stand for the sizes of pictures as they come, in pixels.</summary>
    public const long Height = -2, Width = -3;

    /// <summary>The weight that it is; null: it is none.</summary>
    public Weight? Weight { get; init; }

    /// <summary>The shape without the first dimension: of one sample.</summary>
    public Shape Sample => new([.. Sizes.Skip(1)]);
}
