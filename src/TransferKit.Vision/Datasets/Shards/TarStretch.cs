namespace TransferKit.Vision;

/// <summary>Pictures that lie beside each other in a tar file, read at once: disks that seek slowly like it.</summary>
/// <param name="parts">Where they lie, in the order of the file.</param>
/// <param name="memory">Holds what was read of it and of others.</param>
internal sealed class TarStretch(IReadOnlyList<FilePart> parts, BlockMemory memory) : ImageBlock(memory)
{
    private readonly FilePart _whole = parts[0] with { Length = parts[^1].Offset + parts[^1].Length - parts[0].Offset };

    public override string Identity => $"{Path.GetFileName(_whole.Path)} {_whole.FileLength} {_whole.Offset} {_whole.Length}";

    public override long Bytes => _whole.Length;

    public override (long Offset, int Length)[] Load(NativeBuffer bytes)
    {
        _whole.Read(_whole.Path, bytes);
        return [.. parts.Select(part => (part.Offset - _whole.Offset, (int)part.Length))];
    }
}
