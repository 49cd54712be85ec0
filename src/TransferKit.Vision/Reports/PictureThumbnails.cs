namespace TransferKit.Vision;

/// <summary>Small pictures of a dataset's samples, whole, where a network may see their middle.</summary>
/// <param name="data">The samples.</param>
/// <param name="side">The length of the longer side, in pixels.</param>
internal sealed class PictureThumbnails(ImageDataset data, int side) : IDisposable
{
    private readonly SampleReader _reader = new(data.Options, channels: 3, data.Cache);
    private readonly Transforms _whole = new(new Resize(side));

    /// <summary>A picture as an address that holds it.</summary>
    /// <exception cref="ImageException">It has gone since, or is damaged.</exception>
    public string DataOf(int index)
    {
        var pixels = _reader.Transform(data.Sources[index], _whole, new SeededRandom(0, index)).PixelsToShow();
        return ReportPictures.Data(PictureEncoder.Thumbnail(pixels.ToRgb(), pixels.Width, pixels.Height, side));
    }

    /// <summary>A picture over its caption, with the name of its file; where it can't be read, the reason.</summary>
    /// <param name="index">The sample.</param>
    /// <param name="caption">What is said of it.</param>
    /// <param name="id">What links call it; null: there are none to it.</param>
    public HtmlText Figure(int index, HtmlText caption, string? id = null) => HtmlText.Of($"""
        <figure{(id is null ? null : HtmlText.Of($" id=\"{id}\""))}>{Picture(index)}<figcaption>{caption}<br />
        <span title="{data.Sources[index].Name}">{Path.GetFileName(data.Sources[index].Name)}</span></figcaption></figure>
        """);

    public void Dispose() => _reader.Dispose();

    private HtmlText Picture(int index)
    {
        try
        {
            return HtmlText.Of($"<img alt=\"\" src=\"{DataOf(index)}\" />");
        }
        // A picture that has gone since is no reason to have no report.
        catch (ImageException error)
        {
            return HtmlText.Of($"<p class=\"note\">{error.Message}</p>");
        }
    }
}
