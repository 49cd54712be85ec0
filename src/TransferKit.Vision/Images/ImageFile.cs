namespace TransferKit.Vision;

/// <summary>A picture in a file.</summary>
/// <remarks>Folder and file name are kept apart: in a million samples, the folder's string is shared.</remarks>
internal sealed class ImageFile(string folder, string fileName) : ImageSource
{
    /// <summary>The picture at a path.</summary>
    public static ImageSource At(string path) => new ImageFile(Path.GetDirectoryName(path) ?? "", Path.GetFileName(path));

    public override string Name => Path.Join(folder, fileName);

    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer) => FilePart.Whole(Name).Read(Name, buffer);
}
