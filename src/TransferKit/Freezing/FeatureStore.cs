using TorchSharp;

namespace TransferKit;

/// <summary>
/// Room for the features of a known number of samples, in memory or in a temporary file that is mapped into it.
/// </summary>
internal sealed class FeatureStore : IDisposable
{
    private readonly torch.Tensor _values;
    private readonly torch.ScalarType _computeType;
    private readonly bool[] _isThere;
    private readonly TemporaryFile? _file;

    private FeatureStore(torch.Tensor values, torch.ScalarType computeType, TemporaryFile? file)
    {
        (_values, _computeType, _file) = (values, computeType, file);
        _isThere = new bool[values.shape[0]];
    }

    /// <summary>The room that it takes, in bytes.</summary>
    public long Bytes => _values.numel() * _values.element_size();

    /// <summary>Whether it lies in a file.</summary>
    public bool IsFile => _file is not null;

    /// <summary>Takes room.</summary>
    /// <param name="count">The number of samples.</param>
    /// <param name="sample">Features of some of them, <c>[N, …]</c>, to learn shape, type and range from.</param>
    /// <param name="options">How much room there is.</param>
    /// <param name="used">Bytes of memory that are taken already.</param>
    /// <returns>Null if there isn't enough.</returns>
    public static FeatureStore? TryCreate(long count, torch.Tensor sample, FeatureCacheOptions options, long used)
    {
        using var scope = torch.NewDisposeScope();
        var packed = Pack(sample);
        var type = sample.dtype;
        if (type == torch.ScalarType.Float32 && sample.dim() > 2)
        {
            // What float16 can't hold is kept in bfloat16; features of trained networks rarely come near.
            var largest = sample.abs().max().item<float>();
            type = largest < (float)Half.MaxValue / 8 ? torch.ScalarType.Float16 : torch.ScalarType.BFloat16;
        }
        long[] shape = [count, .. packed.shape.Skip(1)];
        var length = shape.Aggregate(1L, (product, size) => product * size);
        var bytes = length * type.ElementSize();
        if (used + bytes <= options.MemoryBytes)
            return new FeatureStore(torch.empty(shape, type).DetachFromDisposeScope(), sample.dtype, file: null);
        if (bytes > options.FileBytes || TemporaryFile.TryCreate(options.Folder, bytes) is not { } file)
            return null;
        var mapped = torch.from_file(file.Path, shared: true, size: length, dtype: type);
        file.Unlink();
        return new FeatureStore(mapped.view(shape).DetachFromDisposeScope(), sample.dtype, file);
    }

    /// <summary>Whether the features of a slot are there.</summary>
    public bool Has(int slot) => _isThere[slot];

    /// <summary>Keeps features.</summary>
    /// <param name="slots">Where, N numbers in <c>[0, count)</c>.</param>
    /// <param name="features"><c>[N, …]</c>, on any device.</param>
    public void Put(IReadOnlyList<int> slots, torch.Tensor features)
    {
        using var scope = torch.NewDisposeScope();
        _values.index_copy_(0, Positions(slots), Pack(features).to(torch.CPU).to_type(_values.dtype));
        foreach (var slot in slots)
            _isThere[slot] = true;
    }

    /// <summary>The features of some slots; the caller disposes them.</summary>
    /// <param name="slots">N slots that are there.</param>
    /// <param name="device">Where they shall lie.</param>
    /// <returns><c>[N, …]</c>, in the type and the memory layout in which they were computed.</returns>
    public torch.Tensor Get(IReadOnlyList<int> slots, torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        var rows = _values.index_select(0, Positions(slots)).SendTo(device).to_type(_computeType);
        return (rows.dim() == 4 ? rows.permute(0, 3, 1, 2) : rows).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _values.Dispose();
        _file?.Dispose();
    }

    /// <summary>Maps with their channels last, as they lie in memory.</summary>
    private static torch.Tensor Pack(torch.Tensor features) => features.dim() == 4 ? features.permute(0, 2, 3, 1) : features;

    private static torch.Tensor Positions(IReadOnlyList<int> slots) => torch.tensor(slots.Select(slot => (long)slot).ToArray());
}
