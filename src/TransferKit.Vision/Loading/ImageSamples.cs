namespace TransferKit.Vision;

/// <summary>The pictures that a loader reads, and what it needs to know of them.</summary>
/// <param name="Sources">Where they lie.</param>
/// <param name="Targets">What they show, in the same order.</param>
/// <param name="Options">How they are decoded and prepared.</param>
/// <param name="Cache">Where decoded ones are kept; null: nowhere.</param>
internal sealed record ImageSamples(IReadOnlyList<ImageSource> Sources, Targets Targets, ImageOptions Options, PixelCache? Cache)
{
    public int Count => Sources.Count;
}
