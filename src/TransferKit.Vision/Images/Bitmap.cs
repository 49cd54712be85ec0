using System.Buffers.Binary;

namespace TransferKit.Vision;

/// <summary>
/// Writes pixels as an uncompressed 24-bit Windows bitmap: the shortest way from bare pixels to something encoded.
/// </summary>
internal static class Bitmap
{
    private const int HeaderLength = 14 + 40;

    /// <summary>Encodes red, green and blue of each pixel, row by row.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> rgb, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (rgb.Length != 3L * width * height)
        {
            throw new ArgumentException(
                $"{width} × {height} pixels take {3L * width * height} bytes, not {rgb.Length}.", nameof(rgb));
        }

        var stride = (3 * width + 3) & ~3;
        var file = new byte[checked(HeaderLength + stride * height)];
        WriteHeader(file, width, height);
        for (var y = 0; y < height; y++)
        {
            var row = file.AsSpan(HeaderLength + y * stride);
            for (var x = 0; x < width; x++)
            {
                var pixel = rgb.Slice(3 * (y * width + x), 3);
                (row[3 * x], row[3 * x + 1], row[3 * x + 2]) = (pixel[2], pixel[1], pixel[0]);
            }
        }

        return file;
    }

    /// <summary>BITMAPFILEHEADER and BITMAPINFOHEADER; a negative height says that the top row comes first.</summary>
    private static void WriteHeader(Span<byte> file, int width, int height)
    {
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file[2..], file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file[10..], HeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(file[14..], HeaderLength - 14);
        BinaryPrimitives.WriteInt32LittleEndian(file[18..], width);
        BinaryPrimitives.WriteInt32LittleEndian(file[22..], -height);
        BinaryPrimitives.WriteInt16LittleEndian(file[26..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(file[28..], 24);
    }
}
