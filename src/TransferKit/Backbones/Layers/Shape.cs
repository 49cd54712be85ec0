using System.Collections.Immutable;

namespace TransferKit;

/// <summary>
/// The shape of one sample, without the batch dimension: <c>[C, H, W]</c> for a feature map, <c>[F]</c> for a vector,
/// <c>[T, D]</c> for tokens. A value.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly ImmutableArray<long> _sizes;

    /// <summary>Creates a shape from its sizes, outermost first; each at least 1.</summary>
    public Shape(params ReadOnlySpan<long> sizes) => _sizes = [.. sizes];

    /// <summary>The sizes, outermost first.</summary>
    public IReadOnlyList<long> Sizes => _sizes;

    /// <summary>The number of dimensions.</summary>
    public int Rank => _sizes.Length;

    /// <summary>The size of one dimension; an index may count from the end.</summary>
    public long this[Index index] => _sizes[index];

    /// <summary>The number of values in one sample.</summary>
    public long Count => _sizes.Aggregate(1L, (product, size) => product * size);

    /// <summary>The same shape with another size in one dimension.</summary>
    public Shape With(Index index, long size) => new(_sizes.SetItem(index.GetOffset(Rank), size).AsSpan());

    /// <inheritdoc/>
    public bool Equals(Shape other) => _sizes.AsSpan().SequenceEqual(other._sizes.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _sizes.Aggregate(Rank, HashCode.Combine);

    /// <summary>Whether two shapes have the same sizes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary><c>[512, 7, 7]</c></summary>
    public override string ToString() => $"[{string.Join(", ", _sizes)}]";
}
