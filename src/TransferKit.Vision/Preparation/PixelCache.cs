using System.Collections.Concurrent;
using System.Drawing;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace TransferKit.Vision;

/// <summary>
/// Decoded pictures, in memory as far as the budget goes, then in a temporary file that is mapped into memory. Nothing is ever
/// thrown out: a training run reads every picture once an epoch, where the ones in store are as good as any others. Safe to
/// use from several threads; freed when nobody holds it any more.
/// </summary>
internal sealed unsafe class PixelCache
{
    private readonly ConcurrentDictionary<ImageSource, (Size Size, nint Pixels)> _pictures = new();
    private readonly ConcurrentBag<nint> _allocations = [];
    private readonly int? _shorterSide;
    private readonly long _memoryLimit;
    private readonly long _fileLimit;
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _fileStart;
    private long _memoryUsed;
    private long _fileUsed;

    /// <exception cref="DatasetException">The file can't be made.</exception>
    public PixelCache(PixelCacheOptions options)
    {
        _shorterSide = options.ShorterSide;
        _memoryLimit = options.MemoryBytes;
        _fileLimit = options.FileBytes;
        if (_fileLimit == 0)
            return;
        _file = CreateFile(options);
        _view = _file.CreateViewAccessor(0, _fileLimit);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _fileStart);
    }

    ~PixelCache()
    {
        foreach (var allocation in _allocations)
            NativeMemory.Free((void*)allocation);
        if (_fileStart != null)
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
    }

    /// <summary>Pictures in store.</summary>
    public int Count => _pictures.Count;

    /// <summary>A picture, if it is in store.</summary>
    public Picture? Find(ImageSource source) =>
        _pictures.TryGetValue(source, out var stored) ? new CachedImage(stored.Size, (byte*)stored.Pixels) : null;

    /// <summary>The size at which a picture is kept.</summary>
    public Size SizeOf(Size picture) => _shorterSide is { } side && side < Math.Min(picture.Width, picture.Height)
        ? Resize.SizeOf(picture, side)
        : picture;

    /// <summary>Whether there is room for a picture; another thread may take it first.</summary>
    /// <param name="size">The size at which it is kept.</param>
    public bool HasRoom(Size size)
    {
        var length = CachedImage.LengthOf(size);
        return Volatile.Read(ref _memoryUsed) + length <= _memoryLimit || Volatile.Read(ref _fileUsed) + length <= _fileLimit;
    }

    /// <summary>Puts a whole picture in store; null where there is no room left.</summary>
    /// <param name="source">The picture.</param>
    /// <param name="pixels">Its pixels, at the size at which it is kept.</param>
    public Picture? TryAdd(ImageSource source, PixelBuffer pixels)
    {
        var room = Reserve(pixels.Area.Size);
        if (room == null)
            return null;
        CachedImage.Store(pixels, room);
        _pictures[source] = (pixels.Area.Size, (nint)room);
        return new CachedImage(pixels.Area.Size, room);
    }

    private byte* Reserve(Size size)
    {
        var length = CachedImage.LengthOf(size);
        if (TryTake(ref _memoryUsed, _memoryLimit, length, out _))
        {
            var allocation = NativeMemory.Alloc((nuint)length);
            _allocations.Add((nint)allocation);
            return (byte*)allocation;
        }

        return TryTake(ref _fileUsed, _fileLimit, length, out var offset) ? _fileStart + offset : null;
    }

    private static bool TryTake(ref long used, long limit, long length, out long offset)
    {
        while (true)
        {
            offset = Volatile.Read(ref used);
            if (offset + length > limit)
                return false;
            if (Interlocked.CompareExchange(ref used, offset + length, offset) == offset)
                return true;
        }
    }

    private static MemoryMappedFile CreateFile(PixelCacheOptions options)
    {
        var path = Path.Join(options.Folder, $"transferkit-{Guid.NewGuid():N}.pixels");
        try
        {
            var file = TemporaryFile.Create(path, options.FileBytes);
            file.Unlink();
            return MemoryMappedFile.CreateFromFile(
                file.Stream, null, options.FileBytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None,
                leaveOpen: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                path,
                FormattableString.Invariant(
                    $"The cache file '{path}' of {options.FileBytes:N0} bytes can't be made: {error.Message.TrimEnd('.')}; ")
                + $"give another {nameof(PixelCacheOptions.Folder)}, or fewer {nameof(PixelCacheOptions.FileBytes)}.",
                error);
        }
    }
}
