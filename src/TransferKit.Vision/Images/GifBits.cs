namespace TransferKit.Vision;

/// <summary>The bits of a GIF's pixels: lowest first, in blocks that begin with their length and end with an empty one.</summary>
internal unsafe ref struct GifBits(byte* file, int length, int offset)
{
    private int _offset = offset;
    private int _leftInBlock;
    private uint _bits;
    private int _count;

    /// <summary>The next number of so many bits, or −1 where the data ends.</summary>
    public int Read(int width)
    {
        while (_count < width)
        {
            if (_leftInBlock == 0)
            {
                _leftInBlock = _offset < length ? file[_offset++] : 0;
                if (_leftInBlock == 0)
                    return -1;
            }

            if (_offset == length)
                return -1;
            _bits |= (uint)file[_offset++] << _count;
            _count += 8;
            _leftInBlock--;
        }

        var value = (int)(_bits & ((1u << width) - 1));
        _bits >>= width;
        _count -= width;
        return value;
    }
}
