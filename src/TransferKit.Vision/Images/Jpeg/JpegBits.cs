using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace TransferKit.Vision;

/// <summary>
/// The bits of a scan, up to the next marker; beyond it there are zeros, of which <see cref="IsExhausted"/> tells. A byte 0 after
/// a byte 0xFF is no part of them (ITU T.81, F.1.2.3).
/// </summary>
/// <param name="data">The file from the scan's first byte on.</param>
internal ref struct JpegBits(ReadOnlySpan<byte> data)
{
    private const byte Escape = 0xFF, FirstRestart = 0xD0;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;
    private int _missing;

    /// <summary>The bits to come, from the top. Below <see cref="Count"/> of them are zeros, or the next ones already.</summary>
    public ulong Bits;

    /// <summary>How many of <see cref="Bits"/> were read.</summary>
    public int Count;

    /// <summary>Whether more bits were taken than there are before the next marker, or the file's end.</summary>
    public readonly bool IsExhausted => _missing > Count;

    /// <summary>Sees to it that there are at least 56 bits: enough for two codes with their numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fill() => (Bits, Count) = Fill(Bits, Count);

    /// <summary>The same for bits that a loop keeps in variables of its own, and puts back in the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (ulong Bits, int Count) Fill(ulong bits, int count)
    {
        if (_position <= _data.Length - sizeof(ulong))
        {
            var next = BinaryPrimitives.ReadUInt64BigEndian(_data[_position..]);
            if (!HasEscape(next))
            {
                _position += (63 - count) >> 3;
                return (bits | next >> count, count | 56);
            }
        }

        return FillByByte(bits, count);
    }

    /// <summary>Takes so many bits, 0 to 16.</summary>
    public int Read(int size)
    {
        Fill();
        var number = (int)(Bits >> 1 >> (63 - size));
        Skip(size);
        return number;
    }

    /// <summary>Passes over bits that are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int size)
    {
        Bits <<= size;
        Count -= size;
    }

    /// <summary>Takes a code and the number that follows it.</summary>
    /// <param name="table">The codes.</param>
    /// <param name="value">The number.</param>
    /// <returns>The entry of the code, see <see cref="JpegHuffman"/>; 0: there is no such code.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadEntry(JpegHuffman table, out int value)
    {
        Fill();
        var entry = table.Look(Bits);
        value = JpegHuffman.Extend(Bits << JpegHuffman.CodeLength(entry), JpegHuffman.Size(entry));
        Skip(JpegHuffman.TotalLength(entry));
        return entry;
    }

    /// <summary>Whether a restart marker must stand in front of an MCU, or of a block where these come alone.</summary>
    /// <param name="unit">Its number, from 0.</param>
    /// <param name="interval">How many there are from one restart to the next; 0: there are no restarts.</param>
    public static bool IsRestart(long unit, int interval) => interval > 0 && unit > 0 && unit % interval == 0;

    /// <summary>Goes on behind the restart marker that must follow here.</summary>
    /// <param name="number">Which of the file's restarts it is, from 0.</param>
    public bool TryRestart(long number)
    {
        if (Count - _missing >= 8 || _position > _data.Length - 2
            || _data[_position] != Escape || _data[_position + 1] != FirstRestart + number % 8)
            return false;
        _position += 2;
        (Bits, Count, _missing) = (0, 0, 0);
        return true;
    }

    /// <summary>
    /// Whether one of eight bytes is 0xFF: then one of the inverted bytes is zero, and borrows from its upper bit.
    /// </summary>
    private static bool HasEscape(ulong bytes) => (~bytes - 0x0101010101010101 & bytes & 0x8080808080808080) != 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (ulong Bits, int Count) FillByByte(ulong bits, int count)
    {
        for (; count <= 56; count += 8)
        {
            if (_position < _data.Length && _data[_position] is not Escape and var plain)
            {
                bits |= (ulong)plain << (56 - count);
                _position++;
            }
            else if (_position < _data.Length - 1 && _data[_position + 1] == 0)
            {
                bits |= (ulong)Escape << (56 - count);
                _position += 2;
            }
            else
            {
                _missing += 8;
            }
        }

        return (bits, count);
    }
}
