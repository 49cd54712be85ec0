using TorchSharp;

namespace TransferKit;

/// <summary>
/// What a network sees in the samples of a dataset, before its head decides: one vector a sample. Samples that look alike to the
/// network have vectors that point the same way. In managed memory, four bytes a number; immutable.
/// </summary>
public sealed partial class FeatureVectors
{
    private readonly float[] _values;
    private readonly Lazy<double[]> _lengths;

    /// <param name="values">Row by row, as many numbers for each of the indices.</param>
    /// <param name="indices">The position of every sample in its dataset.</param>
    internal FeatureVectors(float[] values, IReadOnlyList<int> indices)
    {
        (_values, Indices) = (values, Array.AsReadOnly<int>([.. indices]));
        Features = values.Length / Math.Max(indices.Count, 1);
        _lengths = new(() => [.. Enumerable.Range(0, Count).Select(row => Math.Sqrt(Dot(this[row], this[row])))]);
    }

    /// <summary>The number of samples.</summary>
    public int Count => Indices.Count;

    /// <summary>The numbers of a vector.</summary>
    public int Features { get; }

    /// <summary>The position of every sample in its dataset.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The vector of a sample.</summary>
    /// <param name="row">The sample, in <c>[0, Count)</c>.</param>
    public ReadOnlySpan<float> this[int row] => _values.AsSpan(row * Features, Features);

    /// <summary>All vectors as a matrix <c>[Count, Features]</c>: a copy.</summary>
    public float[,] ToArray()
    {
        var matrix = new float[Count, Features];
        Buffer.BlockCopy(_values, 0, matrix, 0, sizeof(float) * _values.Length);
        return matrix;
    }

    /// <summary>The samples that are most like one of them, most alike first, without itself.</summary>
    /// <param name="row">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="count">How many, at least 1; fewer where there are no more.</param>
    public IReadOnlyList<Neighbor> Nearest(int row, int count = 5)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        return [.. Ranking(this[row]).Where(found => found.Row != row).Take(AtLeastOne(count))];
    }

    /// <summary>The samples that are most like a vector, most alike first.</summary>
    /// <param name="vector">As many numbers as <see cref="Features"/>, such as another sample's.</param>
    /// <param name="count">How many, at least 1; fewer where there are no more.</param>
    /// <exception cref="ArgumentException">The vector has another length.</exception>
    public IReadOnlyList<Neighbor> NearestTo(ReadOnlySpan<float> vector, int count = 5) => vector.Length == Features
        ? [.. Ranking(vector).Take(AtLeastOne(count))]
        : throw new ArgumentException($"The vectors have {Features} numbers, this one {vector.Length}.", nameof(vector));

    /// <summary>
    /// Lays the samples out in few dimensions such that their distances are kept as well as a projection can: principal component
    /// analysis (Pearson, 1901). Exact; the time grows with the cube of the number of samples or of features, whichever is less.
    /// </summary>
    /// <param name="components">Dimensions, from 1 to the number of samples or of features, whichever is less.</param>
    /// <returns>
    /// <c>[Count, components]</c>: coordinates around 0, the dimension of most variance first. Their signs are such that the
    /// feature that counts most in a component counts positive.
    /// </returns>
    public float[,] PrincipalComponents(int components = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(components, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(components, Math.Min(Count, Features));
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var matrix = ToTensor().to_type(torch.ScalarType.Float64);
        var centered = matrix - matrix.mean([0], keepdim: true);
        // Samples' products or features' products: both have the components, and one matrix is smaller.
        var bySample = Count < Features;
        var products = bySample ? centered.matmul(centered.t()) : centered.t().matmul(centered);
        var (_, vectors) = torch.linalg.eigh(products);
        var leading = vectors.flip(1).narrow(1, 0, components);
        var axes = bySample ? torch.nn.functional.normalize(centered.t().matmul(leading), p: 2, dim: 0) : leading;
        var signs = axes.gather(0, axes.abs().argmax(0, keepdim: true)).sign();
        var flat = centered.matmul(axes * signs).to_type(torch.ScalarType.Float32).contiguous().data<float>().ToArray();
        var result = new float[Count, components];
        Buffer.BlockCopy(flat, 0, result, 0, sizeof(float) * flat.Length);
        return result;
    }

    /// <summary>Computes the vectors of a dataset.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The samples, read in their own order, without augmentation.</param>
    /// <param name="batchSize">Samples at a time.</param>
    /// <param name="onBatch">Told how many samples are done; null: nobody is.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <param name="onHeadInput">
    /// Given what the head takes of each batch, before it is pooled, where one process computes all; null: nobody is.
    /// </param>
    /// <param name="group">Processes that compute some batches each, and get all vectors; null: this one alone.</param>
    internal static FeatureVectors Extract(LiveModel model, Dataset data, int batchSize, Action<int>? onBatch,
        CancellationToken cancellationToken, Action<torch.Tensor>? onHeadInput = null, ProcessGroup? group = null)
    {
        using var mode = model.Network.InMode(training: false);
        using var layers = new CompiledLayers(model, model.Network.HeadStep);
        var (values, indices) = (new List<float>(), new List<int>());
        var pass = model.ReadInOrder(data, batchSize, workers: 0);
        foreach (var (places, features) in
            DealtBatches.Read(model, data, pass, Compute, group ?? ProcessGroup.Alone, cancellationToken))
            using (features)
            using (torch.NewDisposeScope())
            {
                values.AddRange(features.cpu().contiguous().data<float>());
                indices.AddRange(places);
                onBatch?.Invoke(indices.Count);
            }
        return new FeatureVectors([.. values], indices);

        torch.Tensor Compute(ImageBatch batch)
        {
            var seen = layers.Run(batch.Images.to_type(model.ComputeType));
            onHeadInput?.Invoke(seen);
            return Network.Pool(seen).to_type(torch.ScalarType.Float32);
        }
    }

    /// <summary>The vectors, float32 <c>[Count, Features]</c>: a copy, which the caller's dispose scope owns.</summary>
    internal torch.Tensor ToTensor() => torch.tensor(_values, [Count, Features]);

    /// <summary>The vectors, each of length 1, float32 <c>[Count, Features]</c>: a copy.</summary>
    internal torch.Tensor ToDirections()
    {
        using var scope = torch.NewDisposeScope();
        return torch.nn.functional.normalize(ToTensor(), p: 2, dim: 1).DetachFromDisposeScope();
    }

    private IEnumerable<Neighbor> Ranking(ReadOnlySpan<float> vector)
    {
        var similarities = new float[Count];
        var length = Math.Sqrt(Dot(vector, vector));
        for (var row = 0; row < Count; row++)
        {
            var lengths = length * _lengths.Value[row];
            similarities[row] = lengths > 0 ? (float)(Dot(vector, this[row]) / lengths) : 0;
        }
        return Enumerable.Range(0, Count).OrderByDescending(row => similarities[row])
            .Select(row => new Neighbor(row, Indices[row], similarities[row]));
    }

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
            sum += (double)left[i] * right[i];
        return sum;
    }

    private static int AtLeastOne(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return count;
    }
}

/// <summary>A sample that looks like another to a network.</summary>
/// <param name="Row">Its row among the vectors.</param>
/// <param name="Index">Its position in its dataset.</param>
/// <param name="Similarity">The cosine of the angle between both vectors: 1 for the same direction.</param>
public readonly record struct Neighbor(int Row, int Index, float Similarity)
{
    /// <summary><c>sample 12, similarity 0.9312</c></summary>
    public override string ToString() => FormattableString.Invariant($"sample {Index}, similarity {Similarity:F4}");
}
