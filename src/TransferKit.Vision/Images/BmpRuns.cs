namespace TransferKit.Vision;

/// <summary>The run-length coding of bitmaps with a palette of 8 or 4 bits.</summary>
/// <param name="file">The whole file.</param>
/// <param name="offset">Where the runs begin.</param>
/// <param name="width">Pixels of a line.</param>
/// <param name="isHalf">Whether a pixel has 4 bits.</param>
internal ref struct BmpRuns(ReadOnlySpan<byte> file, int offset, int width, bool isHalf)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private int _offset = offset;

    /// <summary>
    /// Writes the indices of all pixels, lines in the file's order; those that no run paints stay as they are. False where the
    /// file ends before the picture does.
    /// </summary>
    public bool TryDecode(Span<byte> indices)
    {
        const byte endOfLine = 0, endOfPicture = 1, move = 2;
        var (next, column) = (0, 0);
        while (next < indices.Length)
        {
            if (!TryRead(out var count) || !TryRead(out var code))
                return false;
            if (count > 0)
            {
                // A run doesn't go on in the next line.
                count = Math.Clamp(width - column, 0, count);
                for (var i = 0; i < count && next < indices.Length; i++)
                    indices[next++] = isHalf ? Half(code, i) : (byte)code;
                column += count;
            }
            else if (code == endOfLine)
            {
                // Which is where a full line ends, too.
                (next, column) = ((next + width - 1) / width * width, 0);
            }
            else if (code == endOfPicture)
            {
                return true;
            }
            else if (code == move)
            {
                if (!TryRead(out var right) || !TryRead(out var up))
                    return false;
                next += right + up * width;
                column = next % width;
            }
            else
            {
                // Pixels one by one, filled up to an even number of bytes.
                var bytes = isHalf ? (code + 1) / 2 : code;
                if (bytes > _file.Length - _offset)
                    return false;
                for (var i = 0; i < code && next < indices.Length; i++)
                    indices[next++] = isHalf ? Half(_file[_offset + i / 2], i) : _file[_offset + i];
                _offset += bytes + (bytes & 1);
                column += code;
            }
        }

        return true;
    }

    private static byte Half(int pair, int place) => (byte)(place % 2 == 0 ? pair >> 4 : pair & 0x0F);

    private bool TryRead(out int value)
    {
        value = _offset < _file.Length ? _file[_offset++] : -1;
        return value >= 0;
    }
}
