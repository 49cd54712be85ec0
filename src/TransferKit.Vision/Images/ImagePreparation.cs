using System.Globalization;

namespace TransferKit.Vision;

/// <summary>What evaluation does to pictures, in words that are saved with a model and compared when it is loaded.</summary>
internal static class ImagePreparation
{
    /// <summary>Gives the words of <see cref="Describe"/>, or null where the defaults would do the same.</summary>
    public static Func<Preprocessing, string?> UnlessDefault(ImageOptions options) => preprocessing =>
    {
        var words = Describe(options, preprocessing);
        return words == Describe(new ImageOptions(), preprocessing) ? null : words;
    };

    /// <summary>Orientation, background and the steps with their parameters, on one line.</summary>
    /// <param name="options">How pictures are prepared.</param>
    /// <param name="preprocessing">What the network expects of its input.</param>
    /// <param name="augment">Whether for training.</param>
    public static string Describe(ImageOptions options, Preprocessing preprocessing, bool augment = false)
    {
        // Steps print their numbers as the culture writes them, and a model goes from one machine to another.
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            var orientation = options.ApplyOrientation ? "turned upright" : "not turned upright";
            var background = options.Background is { } color ? $"on #{color.R:x2}{color.G:x2}{color.B:x2}" : "without background";
            var steps = options.TransformsFor(preprocessing, augment).Select(step => $"{step}");
            return string.Join(", ", [orientation, background, .. steps]);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
