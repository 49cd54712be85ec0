namespace TransferKit.Vision;

/// <summary>A picture in an archive that stores its files as they are.</summary>
internal sealed class ImagePart(FilePart part, string nameInArchive) : ImageSource
{
    public override string Name => Path.Join(part.Path, nameInArchive);

    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer) => part.Read(Name, buffer);
}
