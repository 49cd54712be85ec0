using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace TransferKit.Vision;

/// <summary>
/// HTML that is written as interpolated strings. What stands in the braces is text and gets escaped, whatever names people give
/// to folders and files, unless it is <see cref="HtmlText"/> itself; numbers are written as in English.
/// </summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _html = new();

    /// <summary>HTML of a template.</summary>
    public static HtmlText Of(Handler html) => html.Text;

    /// <summary>HTML that is there already, such as a chart's SVG.</summary>
    public static HtmlText Verbatim(string html)
    {
        var text = new HtmlText();
        text._html.Append(html);
        return text;
    }

    /// <summary>Pieces one after the other.</summary>
    public static HtmlText Join(IEnumerable<HtmlText> pieces)
    {
        var text = new HtmlText();
        foreach (var piece in pieces)
            text._html.Append(piece._html).Append('\n');
        return text;
    }

    /// <summary>The HTML.</summary>
    public override string ToString() => _html.ToString();

    /// <summary>Receives the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly struct Handler
    {
        /// <param name="literalLength">Characters outside of the braces.</param>
        /// <param name="formattedCount">Pairs of braces.</param>
        public Handler(int literalLength, int formattedCount)
        {
            Text = new HtmlText();
            Text._html.EnsureCapacity(literalLength + 16 * formattedCount);
        }

        /// <summary>What has been written.</summary>
        public HtmlText Text { get; }

        /// <summary>Writes what stands outside of braces: HTML.</summary>
        public void AppendLiteral(string html) => Text._html.Append(html);

        /// <summary>Writes HTML as it is.</summary>
        public void AppendFormatted(HtmlText? html) => Text._html.Append(html?._html);

        /// <summary>Writes a value as text.</summary>
        public void AppendFormatted<T>(T value, string? format = null) => Text._html.Append(WebUtility.HtmlEncode(
            value is IFormattable number ? number.ToString(format, CultureInfo.InvariantCulture) : value?.ToString()));
    }
}
