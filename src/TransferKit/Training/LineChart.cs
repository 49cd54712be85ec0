using System.Globalization;
using System.Security;
using System.Text;

namespace TransferKit;

/// <summary>A chart of lines, drawn as SVG: every browser shows it, and it needs no library. A value.</summary>
public sealed record LineChart
{
    internal LineChart()
    {
    }

    private const int Right = 20, Bottom = 52, MostDots = 30, LegendRow = 16;

    // Of the names of points, in pixels: about a letter's width, and a line's height.
    private const double NameLetter = 6.2, NameHeight = 12;

    private static readonly string[] Colors = ["#1f77b4", "#d95f02", "#2a9d5c", "#8e44ad"];

    /// <summary>What the chart shows.</summary>
    internal string Title { get; init; } = "";

    /// <summary>What runs to the right.</summary>
    internal string XLabel { get; init; } = "";

    /// <summary>What runs up; empty where the title says it.</summary>
    internal string YLabel { get; init; } = "";

    /// <summary>The lines; where there are several, a legend names them.</summary>
    internal IReadOnlyList<ChartLine> Lines { get; init; } = [];

    /// <summary>Points that stand out, each with its name in the legend. Default: none.</summary>
    internal IReadOnlyList<(string Name, double X, double Y)> Markers { get; init; } = [];

    /// <summary>Whether the horizontal axis is logarithmic; all X are then above 0. Default: no.</summary>
    internal bool LogarithmicX { get; init; }

    /// <summary>Whether the horizontal axis counts, as epochs do, and has no fractions. Default: no.</summary>
    internal bool WholeX { get; init; }

    private int Left => YLabel.Length == 0 ? 56 : 76;

    /// <summary>The chart's width, in pixels, at least 200. Default: 640.</summary>
    internal int Width { get; init; } = 640;

    /// <summary>The chart's height, in pixels, at least 150. Default: 360.</summary>
    internal int Height { get; init; } = 360;

    /// <summary>
    /// The chart. Where it stands in a page, the page's style sheet can change its colors: <c>.paper</c>,
    /// <c>.grid</c>, <c>.axis</c>, <c>.line1</c>, <c>.line2</c>, … and <c>text</c>.
    /// </summary>
    /// <returns>An SVG document.</returns>
    public string ToSvg()
    {
        var lines = Lines.Select(line => line.Points.Where(IsFinite).ToList()).ToList();
        var points = lines.SelectMany(line => line).ToList();
        var across = points.Select(point => point.X);
        var x = LogarithmicX ? Axis.Logarithmic(across) : Axis.Linear(across, WholeX);
        var ends = Lines.SelectMany(line => line.Intervals).SelectMany(interval => new[] { interval.Low, interval.High });
        var y = Axis.Linear(points.Select(point => point.Y).Concat(ends.Where(double.IsFinite)));
        var legend = Legend();
        var top = 46 + LegendRow * legend.LastOrDefault().Row;
        double Across(double value) => Left + x.Share(value) * (Width - Left - Right);
        double Down(double value) => Height - Bottom - y.Share(value) * (Height - top - Bottom);

        // A long title is written smaller: a letter is about half as wide as it is high.
        var titleSize = Math.Min(15, 1.9 * Width / Math.Max(Title.Length, 1));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{Height}" viewBox="0 0 {Width} {Height}"
             font-family="sans-serif" font-size="12" fill="#333">
            <rect class="paper" width="{Width}" height="{Height}" fill="white"/>
            <text x="{Width / 2}" y="20" text-anchor="middle" font-size="{titleSize:F1}">{Escape(Title)}</text>

            """);
        foreach (var tick in x.Ticks)
            svg.Append(CultureInfo.InvariantCulture, $"""
                <path class="grid" d="M{Across(tick):F1} {top}V{Height - Bottom}" stroke="#e4e4e4"/>
                <text x="{Across(tick):F1}" y="{Height - Bottom + 17}" text-anchor="middle">{TickText(tick)}</text>

                """);
        foreach (var tick in y.Ticks)
            svg.Append(CultureInfo.InvariantCulture, $"""
                <path class="grid" d="M{Left} {Down(tick):F1}H{Width - Right}" stroke="#e4e4e4"/>
                <text x="{Left - 7}" y="{Down(tick) + 4:F1}" text-anchor="end">{TickText(tick)}</text>

                """);
        svg.Append(CultureInfo.InvariantCulture, $"""
            <path class="axis" d="M{Left} {top}V{Height - Bottom}H{Width - Right}" fill="none" stroke="#666"/>
            <text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">{Escape(XLabel)}</text>
            <text transform="translate(16 {(top + Height - Bottom) / 2}) rotate(-90)" text-anchor="middle">{Escape(YLabel)}</text>

            """);
        List<(double Left, double Top, double Right)> taken = [];
        foreach (var (i, line) in lines.Index())
        {
            svg.Append(CultureInfo.InvariantCulture, $"<g class=\"line{i + 1}\" stroke=\"{Colors[i % Colors.Length]}\">\n");
            if (!Lines[i].IsScatter)
            {
                svg.Append("<polyline fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" points=\"");
                svg.AppendJoin(' ', line.Select(point =>
                    string.Create(CultureInfo.InvariantCulture, $"{Across(point.X):F1},{Down(point.Y):F1}")));
                svg.Append("\"/>\n");
            }
            // A line of few points shows where they are; a single one would not be seen at all.
            foreach (var (pointX, pointY) in Lines[i].IsScatter || line.Count <= MostDots ? line : [])
                svg.Append(CultureInfo.InvariantCulture,
                    $"<circle cx=\"{Across(pointX):F1}\" cy=\"{Down(pointY):F1}\" r=\"2\" stroke-width=\"2\"/>\n");
            foreach (var (point, (low, high)) in Lines[i].Points.Zip(Lines[i].Intervals).Where(pair => IsFinite(pair.First)))
                svg.Append("<path class=\"interval\" stroke-opacity=\"0.5\" ")
                    .Append(CultureInfo.InvariantCulture, $"d=\"M{Across(point.X):F1} {Down(low):F1}V{Down(high):F1}\"/>\n");
            foreach (var (point, name) in Lines[i].Points.Zip(Lines[i].PointNames).Where(pair => IsFinite(pair.First)))
            {
                var (nameX, nameY, isBefore) = PlaceName(Across(point.X), Down(point.Y), name, taken);
                svg.Append(CultureInfo.InvariantCulture, $"""
                    <text x="{nameX:F1}" y="{nameY:F1}" text-anchor="{(isBefore ? "end" : "start")}"
                     stroke="none">{Escape(name)}</text>

                    """);
            }
            if (lines.Count > 1)
                svg.Append(CultureInfo.InvariantCulture, $"""
                    <path d="M{legend[i].X} {38 + LegendRow * legend[i].Row}h18" stroke-width="3"/>
                    <text x="{legend[i].X + 23}" y="{42 + LegendRow * legend[i].Row}" stroke="none">{Escape(Lines[i].Name)}</text>

                    """);
            svg.Append("</g>\n");
        }
        for (var i = 0; i < Markers.Count; i++)
        {
            var (name, markerX, markerY) = Markers[i];
            var color = Colors[1 + i % (Colors.Length - 1)];
            svg.Append(CultureInfo.InvariantCulture, $"""
                <circle cx="{Across(markerX):F1}" cy="{Down(markerY):F1}" r="5" fill="{color}"/>
                <circle cx="{Left + 16}" cy="{top + 14 + 18 * i}" r="5" fill="{color}"/>
                <text x="{Left + 28}" y="{top + 18 + 18 * i}">{Escape(name)} ({markerX:G3})</text>

                """);
        }
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Writes <see cref="ToSvg"/> into a file; one that is there is replaced, a folder that isn't is made.</summary>
    /// <param name="path">The file, by convention ending in <c>.svg</c>.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, ToSvg());

    /// <summary>Where the names of the lines stand: as many beside each other as there is room for.</summary>
    private List<(int X, int Row)> Legend()
    {
        var places = new List<(int X, int Row)>();
        var (x, row) = (Left, 0);
        foreach (var line in Lines)
        {
            var width = 23 + 7 * line.Name.Length;
            if (x > Left && x + width > Width)
                (x, row) = (Left, row + 1);
            places.Add((x, row));
            x += width + 16;
        }
        return places;
    }

    /// <summary>
    /// Where a point's name stands: right or left of it, above or below, the first place that is within the chart and where no
    /// other name stands; else the first that is within it.
    /// </summary>
    private (double X, double Y, bool IsBefore) PlaceName(
        double x, double y, string name, List<(double Left, double Top, double Right)> taken)
    {
        var width = NameLetter * name.Length;
        (double X, double Y, bool IsBefore)[] places =
            [(x + 6, y - 6, false), (x - 6, y - 6, true), (x + 6, y + 14, false), (x - 6, y + 14, true)];
        var within = places.Where(place => IsWithin(BoxOf(place))).DefaultIfEmpty(places[0]).ToList();
        var best = within.Where(place => !taken.Exists(other => Meet(other, BoxOf(place)))).DefaultIfEmpty(within[0]).First();
        taken.Add(BoxOf(best));
        return best;

        (double Left, double Top, double Right) BoxOf((double X, double Y, bool IsBefore) place) =>
            place.IsBefore ? (place.X - width, place.Y, place.X) : (place.X, place.Y, place.X + width);
        bool IsWithin((double Left, double Top, double Right) box) => box.Left >= Left && box.Right <= Width;
        static bool Meet((double Left, double Top, double Right) one, (double Left, double Top, double Right) other) =>
            one.Left < other.Right && other.Left < one.Right && Math.Abs(one.Top - other.Top) < NameHeight;
    }

    private static string TickText(double tick) =>
        tick.ToString(Math.Abs(tick) is >= 1e4 and < 1e9 ? "F0" : "G4", CultureInfo.InvariantCulture);

    private static bool IsFinite((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y);

    private static string Escape(string text) => SecurityElement.Escape(text);

    /// <summary>One direction of the chart: where a value lies on it, and what is written along it.</summary>
    private sealed class Axis(double low, double high, bool logarithmic, IReadOnlyList<double> ticks)
    {
        public IReadOnlyList<double> Ticks => ticks;

        public double Share(double value) => logarithmic
            ? Math.Log(value / low) / Math.Log(high / low)
            : (value - low) / (high - low);

        /// <summary>From one round number to another, with four to ten more between them.</summary>
        public static Axis Linear(IEnumerable<double> values, bool whole = false)
        {
            var (low, high) = Range(values);
            if (low == high)
                (low, high) = whole ? (low - 1, low + 1)
                    : low == 0 ? (-1, 1) : (low - Math.Abs(low) / 2, low + Math.Abs(low) / 2);
            var magnitude = Math.Pow(10, Math.Floor(Math.Log10(high - low)));
            var step = ((high - low) / magnitude) switch { < 2 => magnitude / 5, < 5 => magnitude / 2, _ => magnitude };
            if (whole)
                step = Math.Ceiling(step);
            var (first, last) = ((long)Math.Floor(low / step), (long)Math.Ceiling(high / step));
            return new Axis(first * step, last * step, false,
                [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)]);
        }

        /// <summary>From one power of ten to another; of less than two, between them from one 1, 2 or 5 to another.</summary>
        public static Axis Logarithmic(IEnumerable<double> values)
        {
            var (low, high) = Range(values.Where(value => value > 0).DefaultIfEmpty(1));
            var first = (int)Math.Floor(Math.Log10(low));
            var last = Math.Max((int)Math.Ceiling(Math.Log10(high)), first + 1);
            double[] digits = last - first > 2 ? [1] : [1, 2, 5];
            double[] ticks = [.. from power in Enumerable.Range(first - 1, last - first + 3)
                                 from digit in digits
                                 select digit * Math.Pow(10, power)];
            var from = ticks.Last(tick => tick <= low);
            var to = ticks.First(tick => tick >= high && tick > from);
            return new Axis(from, to, true, [.. ticks.Where(tick => tick >= from && tick <= to)]);
        }

        private static (double Low, double High) Range(IEnumerable<double> values)
        {
            var all = values.DefaultIfEmpty(0).ToList();
            return (all.Min(), all.Max());
        }
    }
}

/// <summary>A line of a <see cref="LineChart"/>.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Points">Its points, left to right. Those that aren't finite are left out.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>Whether the points stand alone, with no line between them. Default: no.</summary>
    public bool IsScatter { get; init; }

    /// <summary>What is written beside each of the points. Default: nothing.</summary>
    public IReadOnlyList<string> PointNames { get; init; } = [];

    /// <summary>Where each of the points may lie, from bottom to top. Default: not drawn.</summary>
    public IReadOnlyList<(double Low, double High)> Intervals { get; init; } = [];
}
