using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>Formats of pictures that can't be read: what they are called, how they are told, and what to do.</summary>
internal static class UnreadableFormat
{
    private const string Convert = "convert it to JPEG or PNG";
    private const string Develop = "develop it to JPEG or PNG";

    private static readonly (string Name, string Advice, string[] Extensions)[] Formats =
    [
        ("HEIC", Convert, [".heic", ".heif", ".hif"]),
        ("AVIF", Convert, [".avif"]),
        ("JPEG XL", Convert, [".jxl"]),
        ("JPEG 2000", Convert, [".jp2", ".j2k", ".jpf", ".jpx"]),
        ("Photoshop", Convert, [".psd"]),
        ("SVG", Convert, [".svg"]),
        ("camera raw", Develop,
            [".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".sr2", ".srw", ".orf", ".rw2", ".raf", ".pef", ".raw"]),
    ];

    private static readonly Dictionary<string, string> NamesByExtension = Formats
        .SelectMany(one => one.Extensions, (one, extension) => (extension, one.Name))
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// What a file is and what to do about it, as a clause, told by its first bytes or else by its name; null for what is none of
    /// these formats.
    /// </summary>
    public static string? Describe(ReadOnlySpan<byte> file, string name)
    {
        var format = NameOf(file) ?? NameOfExtension(Path.GetExtension(name));
        return format is null ? null
            : $"it is {format}, which can't be decoded; {Formats.First(one => one.Name == format).Advice}";
    }

    /// <summary>What files with an extension, with its dot, are called; null for what is none of these formats.</summary>
    public static string? NameOfExtension(string extension) => NamesByExtension.GetValueOrDefault(extension);

    private static string? NameOf(ReadOnlySpan<byte> file)
    {
        if (file.Length >= 12 && file[4..].StartsWith("ftyp"u8))
            return NameOfBrand(file);
        if (file.StartsWith<byte>([0xFF, 0x0A]) || file.StartsWith<byte>([0, 0, 0, 12, .. "JXL "u8]))
            return "JPEG XL";
        if (file.StartsWith<byte>([0xFF, 0x4F, 0xFF, 0x51]) || file.StartsWith<byte>([0, 0, 0, 12, .. "jP  "u8]))
            return "JPEG 2000";
        if (file.StartsWith("8BPS"u8))
            return "Photoshop";
        var isCanon = file.StartsWith("II*\0\x10\0\0\0CR"u8);
        return isCanon || file.StartsWith("FUJIFILMCCD-RAW"u8) ? "camera raw" : null;
    }

    /// <summary>Files made of boxes (ISO/IEC 14496-12) say what they are in the first one, in one or several names.</summary>
    private static string? NameOfBrand(ReadOnlySpan<byte> file)
    {
        const int header = 8, brandLength = 4;
        var length = Math.Clamp(BinaryPrimitives.ReadInt32BigEndian(file), header + brandLength, file.Length);
        var brands = file[header..length];
        if (brands.StartsWith("crx "u8))
            return "camera raw";
        var isHeif = false;
        for (; brands.Length >= brandLength; brands = brands[brandLength..])
        {
            if (brands.StartsWith("avi"u8))
                return "AVIF";
            isHeif |= brands.StartsWith("hei"u8) || brands.StartsWith("hev"u8) || brands[1..].StartsWith("if1"u8);
        }

        return isHeif ? "HEIC" : null;
    }
}
