using System.Text;

namespace TransferKit.Tests.Files;

public class Crc32Tests
{
    [Fact]
    public void The_check_value_of_the_standard_comes_out() =>
        Crc32.Append(0, Encoding.ASCII.GetBytes("123456789")).Should().Be(0xCBF43926);

    [Fact]
    public void All_lengths_and_splits_agree_with_one_bit_at_a_time()
    {
        var bytes = new byte[700];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length += 7)
        {
            var expected = BitByBit(bytes.AsSpan(0, length));
            Crc32.Append(0, bytes.AsSpan(0, length)).Should().Be(expected, $"of {length} bytes");
            var third = Crc32.Append(0, bytes.AsSpan(0, length / 3));
            Crc32.Append(third, bytes.AsSpan(length / 3, length - (length / 3))).Should().Be(expected);
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
