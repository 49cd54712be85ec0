namespace TransferKit;

/// <summary>Which layers of a network compute in 8 bits, and in which ranges.</summary>
/// <param name="Kernels">Their kernels and matrices.</param>
/// <param name="Ranges">The ranges of values, by the numbers that <see cref="QuantizedOperations{T}"/> gives them.</param>
internal sealed record Quantization(IReadOnlySet<Weight> Kernels, IReadOnlyDictionary<int, QuantizationRange> Ranges);
