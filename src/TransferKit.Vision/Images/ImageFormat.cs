namespace TransferKit.Vision;

/// <summary>The formats that can be read, told by a file's first bytes.</summary>
public enum ImageFormat
{
    /// <summary>None of the formats that can be read.</summary>
    Unknown,

    /// <summary>JPEG (ITU T.81), baseline or progressive; gray, color or CMYK.</summary>
    Jpeg,

    /// <summary>Portable Network Graphics, 8 or 16 bits, with palette or not.</summary>
    Png,

    /// <summary>WebP, lossy or lossless.</summary>
    WebP,

    /// <summary>GIF; of an animation, the first frame.</summary>
    Gif,

    /// <summary>Windows bitmap.</summary>
    Bmp,

    /// <summary>Tagged Image File Format, also BigTIFF; of several pictures, the first.</summary>
    Tiff,

    /// <summary>Netpbm's formats: PBM, PGM and PPM, as text or bytes.</summary>
    Pnm,

    /// <summary>Truevision TGA.</summary>
    Tga,

    /// <summary>The Quite OK Image format.</summary>
    Qoi,
}
