using System.Globalization;
using System.Text.RegularExpressions;

namespace TransferKit;

/// <summary>
/// A key, or the path of a layer, with a place for each number: <c>blocks.#.norm1</c>. Where libraries count differently, it says
/// what is made of the number: <c>features.(2#+1)</c> is 1, 3, 5, …
/// </summary>
internal sealed partial class NameTemplate
{
    private const int MostDigits = 4;

    /// <summary>What stands before each number, and behind the last.</summary>
    private readonly string[] _pieces;
    private readonly (int Factor, int Offset)[] _numbers;

    /// <summary>Reads a template.</summary>
    public NameTemplate(string text)
    {
        var places = Places().Matches(text);
        _numbers = [.. places.Select(place => (Number(place.Groups[1], 1), Number(place.Groups[2], 0)))];
        _pieces = [.. places.Select(place => place.Index).Append(text.Length)
            .Zip(places.Select(place => place.Index + place.Length).Prepend(0), (end, start) => text[start..end])];
    }

    /// <summary>Whether it is a key's, or that of a layer to which the key belongs.</summary>
    public bool Matches(string key) => Numbers(key, out _) is not null;

    /// <summary>The key's name under another template, with its numbers in that one's places.</summary>
    /// <param name="key">A key that this template matches.</param>
    /// <param name="other">A template with as many numbers.</param>
    public string Translate(string key, NameTemplate other) => other.With(Numbers(key, out var end)!) + key[end..];

    /// <summary>The numbers in a key, and where it goes on behind the template; null: it is another's.</summary>
    private int[]? Numbers(string key, out int end)
    {
        var numbers = new int[_numbers.Length];
        end = 0;
        for (var i = 0; i < _pieces.Length; i++)
        {
            if (!key.AsSpan(end).StartsWith(_pieces[i], StringComparison.Ordinal))
                return null;
            end += _pieces[i].Length;
            if (i == numbers.Length)
                break;
            var start = end;
            while (end < key.Length && end - start < MostDigits && char.IsAsciiDigit(key[end]))
                end++;
            if (end == start || (key[start] == '0' && end - start > 1))
                return null;
            var (factor, offset) = _numbers[i];
            var counted = int.Parse(key.AsSpan(start, end - start), NumberStyles.None, CultureInfo.InvariantCulture) - offset;
            if (counted < 0 || counted % factor != 0)
                return null;
            numbers[i] = counted / factor;
        }

        return end == key.Length || key[end] == '.' ? numbers : null;
    }

    private string With(int[] numbers) => string.Concat(_pieces.Select((piece, i) => i == numbers.Length ? piece
        : piece + (_numbers[i].Factor * numbers[i] + _numbers[i].Offset).ToString(CultureInfo.InvariantCulture)));

    private static int Number(Group group, int usual) => group is { Success: true, Length: > 0 }
        ? int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : usual;

    [GeneratedRegex(@"#|\((\d*)#(?:\+(\d+))?\)", RegexOptions.CultureInvariant)]
    private static partial Regex Places();
}
