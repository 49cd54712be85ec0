using System.Globalization;

namespace TransferKit.Vision;

/// <summary>
/// A map of pictures as a section of a page: a mark for each, in its class's color and shape, and as many of the pictures as have
/// room. The colors are those of Okabe and Ito (2008), which those tell apart, too, who don't see all colors.
/// </summary>
internal static class MapSection
{
    private const int Colors = 8, Shapes = 4;

    private const double Width = 1000, Margin = 24, MarkSize = 5.5, RingSize = 10;

    /// <summary>How many thumbnails lie beside each other, and how large they are kept, in pixels.</summary>
    private const int Columns = 16, Side = 96;

    private const int FigureSide = 160;

    /// <param name="map">The map, of pictures.</param>
    /// <param name="doubtful">Which of them are ringed, and shown below; null: none.</param>
    /// <param name="most">How many of them are shown below.</param>
    public static HtmlText Of(DataMap map, LabelErrorReport? doubtful, int most)
    {
        var plane = new Plane(map);
        var reasons = Reasons(doubtful).GroupBy(one => one.Index).Select(same => same.First())
            .Where(one => plane.Samples.ContainsKey(one.Index)).ToList();
        var shown = reasons.Take(most).Select(one => one.Index).ToHashSet();
        var data = (ImageDataset)map.Data;
        using var figures = new PictureThumbnails(data, FigureSide);
        return HtmlText.Of($"""
            <section class="map">
            <h2>Map</h2>
            <p class="note">What the network sees alike lies near each other: t-SNE (van der Maaten, 2014) of {map.Samples.Count}
            pictures' features. Distances between far groups mean little{(double.IsNaN(map.Trustworthiness) ? "" : string.Create(
                CultureInfo.InvariantCulture, $"; trustworthiness {map.Trustworthiness:0.000}"))}. A mark's name shows when the
            pointer rests on it.
            {(reasons.Count == 0 ? "" : "Those with a ring are doubtful, and lead to their picture below.")}</p>
            {Legend(map)}
            {Marks(plane, reasons, shown)}
            {Thumbnails(plane, data)}
            {(shown.Count == 0 ? null : HtmlText.Of($"""
                <h3>Doubtful pictures</h3>
                <p class="note">{(shown.Count < reasons.Count ? $"The first {shown.Count} of {reasons.Count}. " : "")}Each leads
                back to its place.</p>
                <div class="thumbnails">
                {HtmlText.Join(reasons.Take(most).Select(one => figures.Figure(one.Index, HtmlText.Of(
                    $"{one.Reason} <a href=\"#place{one.Index}\">on the map</a>"), $"picture{one.Index}")))}
                </div>
                """))}
            </section>
            """);
    }

    private static IEnumerable<(int Index, HtmlText Reason)> Reasons(LabelErrorReport? doubtful)
    {
        foreach (var error in doubtful?.Errors ?? [])
            yield return (error.Index, HtmlText.Of(
                $"<b>{error.Label}</b>, likely <b>{error.Suggested}</b> ({100 * error.SuggestedProbability:0} %)"));
        foreach (var pair in doubtful?.Conflicts ?? [])
        {
            yield return (pair.First, HtmlText.Of($"<b>{pair.FirstLabel}</b>, as a picture of <b>{pair.SecondLabel}</b>"));
            yield return (pair.Second, HtmlText.Of($"<b>{pair.SecondLabel}</b>, as a picture of <b>{pair.FirstLabel}</b>"));
        }
        foreach (var odd in doubtful?.Outliers ?? [])
            yield return (odd.Index, HtmlText.Of($"<b>{odd.Label}</b>, like no others"));
    }

    private static HtmlText? Legend(DataMap map)
    {
        var counts = map.Samples.Where(sample => sample.Label is not null).CountBy(sample => sample.Label!).ToDictionary();
        var classes = map.Data.ClassNames.Index().Where(one => counts.ContainsKey(one.Item)).ToList();
        return classes.Count < 2 ? null : HtmlText.Of($"""
            <ul>
            {HtmlText.Join(classes.Select(one => HtmlText.Of($"""
                <li><svg viewBox="-7 -7 14 14" aria-hidden="true">{Mark(one.Index, 0, 0)}</svg>{one.Item}, {counts[one.Item]}</li>
                """)))}
            </ul>
            {(classes.Count <= Colors * Shapes ? null : HtmlText.Of(
                $"<p class=\"note\">More than {Colors * Shapes} classes share colors and shapes.</p>"))}
            """);
    }

    private static HtmlText Marks(Plane plane, List<(int Index, HtmlText Reason)> reasons, HashSet<int> shown)
    {
        var doubted = reasons.Select(one => one.Index).ToHashSet();
        // The doubtful ones lie on top.
        return HtmlText.Of($"""
            <figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {plane.Height:0}" role="img"
             aria-label="All pictures as marks">
            {HtmlText.Join(plane.Samples.Values.OrderBy(sample => doubted.Contains(sample.Index)).Select(Place))}
            </svg></figure>
            """);

        HtmlText Place(MappedSample sample)
        {
            var (x, y) = plane.Of(sample);
            var mark = HtmlText.Of($"""
                <g><title>{Path.GetFileName(sample.Name)}{(sample.Label is { } label ? $", {label}" : "")}</title>{Mark(
                    plane.LabelOf(sample), x, y)}{(doubted.Contains(sample.Index)
                        ? HtmlText.Of($"<circle class=\"ring\" cx=\"{x:0.0}\" cy=\"{y:0.0}\" r=\"{RingSize}\"/>") : null)}</g>
                """);
            return shown.Contains(sample.Index)
                ? HtmlText.Of($"<a id=\"place{sample.Index}\" href=\"#picture{sample.Index}\">{mark}</a>") : mark;
        }
    }

    /// <summary>Of each square of the plane the picture that is nearest to its middle.</summary>
    private static HtmlText Thumbnails(Plane plane, ImageDataset data)
    {
        const double cell = Width / Columns;
        using var thumbnails = new PictureThumbnails(data, Side);
        var chosen =
            from sample in plane.Samples.Values
            let place = plane.Of(sample)
            group (sample, place) by (Column: (int)(place.X / cell), Row: (int)(place.Y / cell)) into square
            orderby square.Key.Row, square.Key.Column
            let middle = (X: (square.Key.Column + 0.5) * cell, Y: (square.Key.Row + 0.5) * cell)
            select (square.Key, Sample: square.MinBy(
                one => Math.Pow(one.place.X - middle.X, 2) + Math.Pow(one.place.Y - middle.Y, 2)).sample);
        return HtmlText.Of($"""
            <figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {plane.Height:0}" role="img"
             aria-label="Some of the pictures in their places">
            {HtmlText.Join(chosen.Select(one => Picture(one.Key.Column * cell, one.Key.Row * cell, one.Sample)))}
            </svg></figure>
            """);

        HtmlText Picture(double x, double y, MappedSample sample)
        {
            const double frame = cell - 3, picture = cell - 9;
            try
            {
                return HtmlText.Of($"""
                    <g><title>{Path.GetFileName(sample.Name)}{(sample.Label is { } label ? $", {label}" : "")}</title>
                    <rect class="m{plane.LabelOf(sample) % Colors}" x="{x + 1.5:0.0}" y="{y + 1.5:0.0}" width="{frame:0.0}"
                     height="{frame:0.0}" rx="3"/><image x="{x + 4.5:0.0}" y="{y + 4.5:0.0}" width="{picture:0.0}"
                     height="{picture:0.0}" preserveAspectRatio="xMidYMid slice" href="{thumbnails.DataOf(sample.Index)}"/></g>
                    """);
            }
            // A picture that has gone since is no reason to have no report.
            catch (ImageException)
            {
                return HtmlText.Of($"");
            }
        }
    }

    /// <summary>A class's mark: eight colors, and then the next shape.</summary>
    private static HtmlText Mark(int label, double x, double y)
    {
        var kind = HtmlText.Of($"class=\"mark m{label % Colors}\"");
        return (label / Colors % Shapes) switch
        {
            0 => HtmlText.Of($"<circle {kind} cx=\"{x:0.0}\" cy=\"{y:0.0}\" r=\"{MarkSize}\"/>"),
            1 => HtmlText.Of($"""
                <rect {kind} x="{x - 5:0.0}" y="{y - 5:0.0}" width="10" height="10"/>
                """),
            2 => HtmlText.Of($"<path {kind} d=\"M{x:0.0} {y - 6:0.0}l6 11h-12z\"/>"),
            _ => HtmlText.Of($"<path {kind} d=\"M{x:0.0} {y - 7:0.0}l6 7l-6 7l-6 -7z\"/>"),
        };
    }

    /// <summary>Where samples lie on a page.</summary>
    private sealed class Plane
    {
        private readonly double _left, _top, _scale;
        private readonly Dictionary<string, int> _labels;

        public Plane(DataMap map)
        {
            Samples = map.Samples.ToDictionary(sample => sample.Index);
            _labels = map.Data.ClassNames.Index().ToDictionary(one => one.Item, one => one.Index);
            var (right, bottom) = (map.Samples.Max(sample => sample.X), map.Samples.Min(sample => sample.Y));
            (_left, _top) = (map.Samples.Min(sample => sample.X), map.Samples.Max(sample => sample.Y));
            var (across, down) = (Math.Max(right - _left, 1e-9), _top - bottom);
            // A map that is much higher than wide would not fit a screen.
            _scale = (Width - 2 * Margin) / Math.Max(across, down);
            _left -= (Math.Max(across, down) - across) / 2;
            Height = down * _scale + 2 * Margin;
        }

        public IReadOnlyDictionary<int, MappedSample> Samples { get; }

        public double Height { get; }

        public (double X, double Y) Of(MappedSample sample) =>
            (Margin + (sample.X - _left) * _scale, Margin + (_top - sample.Y) * _scale);

        public int LabelOf(MappedSample sample) => sample.Label is { } label ? _labels[label] : 0;
    }
}
