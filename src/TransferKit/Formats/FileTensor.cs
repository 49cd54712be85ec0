using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// A tensor in a file: a view, perhaps strided, of a run of bytes. Its bounds are checked when it is made, so that
/// nothing outside the run can be reached later.
/// </summary>
internal sealed class FileTensor : StoredTensor
{
    private const int MaxRank = 32;

    /// <summary>Bytes that are read at once: few enough to stay in the processor's cache for the checksum.</summary>
    private const int ChunkBytes = 1 << 18;

    /// <summary>Elements converted at once: below the 32768 from which on torch would start threads each time.</summary>
    private const int ConvertedElements = 1 << 14;

    private readonly Storage _storage;
    private readonly long _offset;
    private readonly long _firstByte;
    private readonly long[] _strides;

    /// <param name="storage">The bytes.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="shape">Length of each dimension.</param>
    /// <param name="strides">Step of each dimension, in elements; null where the elements are contiguous.</param>
    /// <param name="offset">The first element's place, in elements.</param>
    /// <param name="firstByte">Where element 0 lies, in bytes.</param>
    /// <exception cref="WeightsException">The view is not inside the storage.</exception>
    public FileTensor(Storage storage, ScalarType type, long[] shape, long[]? strides = null, long offset = 0, long firstByte = 0)
        : base(type, shape)
    {
        _storage = storage;
        _offset = offset;
        _firstByte = firstByte;
        _strides = strides ?? ContiguousStrides(shape);
        CheckBounds(shape);
    }

    private long Count => Shape.Aggregate(1L, (product, size) => product * size);

    private bool IsContiguous
    {
        get
        {
            var dense = ContiguousStrides(Shape);
            return Enumerable.Range(0, _strides.Length).All(i => Shape[i] == 1 || _strides[i] == dense[i]);
        }
    }

    public override void Verify() => _storage.Verify();

    protected override void Fill(Tensor destination)
    {
        if (Count == 0)
            return;
        var direct = destination.device_type == DeviceType.CPU && destination.is_contiguous();
        if (!IsContiguous)
        {
            var copy = empty([.. Shape], dtype: Type);
            ReadStrided(copy.view(-1));
            destination.copy_(copy);
        }
        else if (direct && destination.dtype == Type)
        {
            ReadInto(destination.view(-1));
        }
        else if (direct)
        {
            ReadConverted(destination.view(-1));
        }
        else
        {
            var copy = empty([.. Shape], dtype: Type);
            ReadInto(copy.view(-1));
            destination.copy_(copy);
        }
    }

    private static long[] ContiguousStrides(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        var step = 1L;
        for (var i = shape.Count - 1; i >= 0; i--)
        {
            strides[i] = step;
            step = unchecked(step * Math.Max(shape[i], 1));
        }

        return strides;
    }

    private void CheckBounds(long[] shape)
    {
        if (shape.Length > MaxRank || _strides.Length != shape.Length)
            throw _storage.File.Damaged($"a tensor has {shape.Length} dimensions and {_strides.Length} strides");
        if (_offset < 0 || shape.Any(size => size < 0) || _strides.Any(step => step < 0))
            throw _storage.File.Damaged(
                $"a tensor of shape {Show(shape)} and strides {Show(_strides)} at {_offset} has negative numbers");

        if (shape.Contains(0))
            return;
        // The sizes come from the file and may be anything: 128 bits cannot overflow, and the sum stops early.
        Int128 last = _offset;
        Int128 count = 1;
        for (var i = 0; i < shape.Length; i++)
        {
            last += (Int128)(shape[i] - 1) * _strides[i];
            count *= shape[i];
            if (count > long.MaxValue / 8)
                throw _storage.File.Damaged($"a tensor of shape {Show(shape)} is too big");
        }

        if (_firstByte + ((last + 1) * Type.SizeInBytes()) > _storage.Length)
            throw _storage.File.Damaged(
                $"a tensor of shape {Show(shape)} at element {_offset} reaches beyond its storage of {_storage.Length} bytes");
    }

    private long PlaceOf(long element) => _firstByte + (element * Type.SizeInBytes());

    private void ReadInto(Tensor flat)
    {
        var size = Type.SizeInBytes();
        var perView = int.MaxValue / size;
        for (long first = 0; first < flat.numel(); first += perView)
        {
            using var part = flat.narrow(0, first, Math.Min(perView, flat.numel() - first));
            var bytes = part.bytes;
            var start = PlaceOf(_offset + first);
            for (var done = 0; done < bytes.Length; done += ChunkBytes)
                _storage.Read(start + done, bytes.Slice(done, Math.Min(ChunkBytes, bytes.Length - done)));
        }
    }

    private void ReadConverted(Tensor flat)
    {
        var size = Type.SizeInBytes();
        var count = (int)Math.Min(flat.numel(), ConvertedElements);
        using var chunk = empty(count, dtype: Type);
        for (long first = 0; first < flat.numel(); first += count)
        {
            using var destination = flat.narrow(0, first, Math.Min(count, flat.numel() - first));
            using var source = chunk.narrow(0, 0, destination.numel());
            _storage.Read(PlaceOf(_offset + first), source.bytes);
            destination.copy_(source);
        }
    }

    /// <summary>
    /// Gathers in the order of the file, whatever the order of the dimensions: the file is read once, from front to
    /// end, through a small window.
    /// </summary>
    private void ReadStrided(Tensor flat)
    {
        var size = Type.SizeInBytes();
        if (flat.numel() > int.MaxValue / size)
            throw new WeightsException(
                _storage.File.Path, $"holds a strided tensor of shape {Show(Shape)}; above 2 GiB it must be contiguous.");

        var dense = ContiguousStrides(Shape);
        var order = Enumerable.Range(0, _strides.Length)
            .Where(i => Shape[i] > 1)
            .OrderByDescending(i => _strides[i])
            .ToArray();
        var window = new Window(_storage, ChunkBytes);
        var index = new long[order.Length];
        var source = _offset;
        var target = 0L;
        var bytes = flat.bytes;
        while (true)
        {
            window.At(PlaceOf(source), size).CopyTo(bytes.Slice((int)target * size, size));

            var d = order.Length - 1;
            for (; d >= 0; d--)
            {
                var dimension = order[d];
                source += _strides[dimension];
                target += dense[dimension];
                if (++index[d] < Shape[dimension])
                    break;
                source -= Shape[dimension] * _strides[dimension];
                target -= Shape[dimension] * dense[dimension];
                index[d] = 0;
            }

            if (d < 0)
                return;
        }
    }

    /// <summary>The part of a storage around the place that was read last.</summary>
    private sealed class Window(Storage storage, int capacity)
    {
        private readonly byte[] _bytes = new byte[(int)Math.Min(capacity, storage.Length)];
        private long _start;
        private int _length;

        public ReadOnlySpan<byte> At(long place, int count)
        {
            if (place < _start || place + count > _start + _length)
            {
                _start = place;
                _length = (int)Math.Min(_bytes.Length, storage.Length - place);
                storage.Read(_start, _bytes.AsSpan(0, _length));
            }

            return _bytes.AsSpan((int)(place - _start), count);
        }
    }
}
