namespace TransferKit.Vision;

/// <summary>Tells formats by the first bytes of files, or by their names.</summary>
internal static class FileFormat
{
    /// <summary>Each format that can be read, as people call it, with the extensions of its files.</summary>
    private static readonly (ImageFormat Format, string Name, string[] Extensions)[] Readable =
    [
        (ImageFormat.Jpeg, "JPEG", [".jpg", ".jpeg", ".jpe", ".jfif"]),
        (ImageFormat.Png, "PNG", [".png"]),
        (ImageFormat.WebP, "WebP", [".webp"]),
        (ImageFormat.Gif, "GIF", [".gif"]),
        (ImageFormat.Bmp, "BMP", [".bmp"]),
        (ImageFormat.Tiff, "TIFF", [".tif", ".tiff"]),
        (ImageFormat.Pnm, "PNM", [".ppm", ".pgm", ".pbm", ".pnm"]),
        (ImageFormat.Tga, "TGA", [".tga"]),
        (ImageFormat.Qoi, "QOI", [".qoi"]),
    ];

    private static readonly Dictionary<string, ImageFormat>.AlternateLookup<ReadOnlySpan<char>> ByExtension = Readable
        .SelectMany(one => one.Extensions, (one, extension) => (extension, one.Format))
        .ToDictionary(StringComparer.OrdinalIgnoreCase)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The extensions of all formats that can be read, each with its dot.</summary>
    public static IReadOnlyList<string> AllExtensions { get; } = [.. Readable.SelectMany(one => one.Extensions)];

    /// <summary>The extensions of all formats that can be read, for messages.</summary>
    public static string Extensions { get; } = string.Join(", ", AllExtensions);

    /// <summary>The names of all formats that can be read, for messages.</summary>
    public static string Names { get; } =
        $"{string.Join(", ", Readable[..^1].Select(one => one.Name))} or {Readable[^1].Name}";

    /// <summary>The format that the first bytes tell.</summary>
    public static ImageFormat Of(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
            return ImageFormat.Jpeg;
        if (file.StartsWith<byte>([0x89, .. "PNG\r\n\x1A\n"u8]))
            return ImageFormat.Png;
        if (file.StartsWith("RIFF"u8) && file.Length >= 12 && file[8..].StartsWith("WEBP"u8))
            return ImageFormat.WebP;
        if (file.StartsWith("GIF8"u8))
            return ImageFormat.Gif;
        if (file.StartsWith("BM"u8))
            return ImageFormat.Bmp;
        // The version is 42, or 43 in a BigTIFF, in the byte order that the letters tell.
        if (file is [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..])
            return ImageFormat.Tiff;
        if (file is [(byte)'P', >= (byte)'1' and <= (byte)'6', (byte)' ' or (>= (byte)'\t' and <= (byte)'\r'), ..])
            return ImageFormat.Pnm;
        if (file.StartsWith("qoif"u8))
            return ImageFormat.Qoi;
        return TgaImage.MayBe(file) ? ImageFormat.Tga : ImageFormat.Unknown;
    }

    /// <summary>The format that a file name's extension, with its dot, tells.</summary>
    /// <remarks>Asked for each of a million files: nothing is allocated.</remarks>
    public static ImageFormat OfExtension(ReadOnlySpan<char> extension) =>
        ByExtension.TryGetValue(extension, out var format) ? format : ImageFormat.Unknown;

    /// <summary>
    /// Whether a file reaches the end that its format prescribes: decoders fill what is missing with gray and call it a success,
    /// above all for progressive JPEG. Bytes after the end are of no interest.
    /// </summary>
    public static bool IsComplete(ReadOnlySpan<byte> file, ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => JpegStructure.IsComplete(file),
        ImageFormat.Png => PngChunks.AreComplete(file),
        ImageFormat.WebP => WebPChunks.AreComplete(file),
        _ => true, // the decoder itself notices
    };
}
