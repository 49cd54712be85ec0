using System.Drawing;
using System.Globalization;
using System.Text;

namespace TransferKit.Vision;

/// <summary>What <see cref="ImageDataset.Inspect"/> found. <see cref="ToString"/> prints it for people.</summary>
public sealed record InspectionReport
{
    /// <summary>A class with fewer pictures counts as small: too few to judge a result by.</summary>
    public const int SmallClass = 20;

    private const int LinesShown = 10;

    /// <summary>The number of pictures.</summary>
    public required int Images { get; init; }

    /// <summary>
    /// Pictures of each class, by name, in the order of the labels; a picture counts for each of its classes. Empty where the
    /// targets are numbers.
    /// </summary>
    public required IReadOnlyList<ClassCount> Classes { get; init; }

    /// <summary>Pictures that can't be read, with the reason.</summary>
    public required IReadOnlyList<ImageException> Unreadable { get; init; }

    /// <summary>Files that lie among the pictures and are none that can be read: <see cref="ImageDataset.Ignored"/>.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Pictures whose content is of another format than their extension says, with the format of the content.</summary>
    public required IReadOnlyList<WrongExtension> WrongExtensions { get; init; }

    /// <summary>Groups of pictures whose files are the same, byte for byte.</summary>
    public required IReadOnlyList<IReadOnlyList<ImageSource>> Duplicates { get; init; }

    /// <summary>Groups of pictures that look the same but whose files differ: rescaled, recompressed, slightly edited.</summary>
    public required IReadOnlyList<IReadOnlyList<ImageSource>> NearDuplicates { get; init; }

    /// <summary>
    /// The groups among <see cref="Duplicates"/> and <see cref="NearDuplicates"/> with members in both of the datasets that were
    /// inspected together: results on the one do not count for much if it was trained on the other.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<ImageSource>> Leaks { get; init; }

    /// <summary>The size with the fewest pixels; empty if nothing could be read.</summary>
    public required Size Smallest { get; init; }

    /// <summary>The size with the most pixels; empty if nothing could be read.</summary>
    public required Size Largest { get; init; }

    /// <summary>The names of classes with fewer than <see cref="SmallClass"/> pictures.</summary>
    public IReadOnlyList<string> SmallClasses => [.. Classes.Where(one => one.Count < SmallClass).Select(one => one.Name)];

    /// <summary>Pictures of the largest class over those of the smallest; infinite if that one is empty.</summary>
    public double Imbalance => Classes.Count == 0 ? 1 : Classes.Max(one => one.Count) / (double)Classes.Min(one => one.Count);

    /// <summary>The findings, a few lines each.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{Images} images of {Classes.Count} classes, {Show(Smallest)} to {Show(Largest)}");
        Append(text, "Classes", Classes.Select(one => $"{one.Name}: {one.Count}"));
        if (Imbalance >= 3)
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"Imbalance: the largest class has {Imbalance:0.#} times as many images as the smallest.");
        Append(text, $"Classes with fewer than {SmallClass} images", SmallClasses);
        Append(text, "Unreadable", Unreadable.Select(one => $"{one.Path}: {one.Reason}"));
        if (Ignored.Count > 0)
            text.AppendLine(IgnoredFiles.Report(Ignored));
        Append(text, "Extension and content differ", WrongExtensions.Select(one => $"{one.Image.Name} is {one.Content}"));
        Append(text, "Duplicates", Duplicates.Select(Show));
        Append(text, "Near-duplicates", NearDuplicates.Select(Show));
        Append(text, "In both datasets", Leaks.Select(Show));
        return text.ToString().TrimEnd();
    }

    private static void Append(StringBuilder text, string heading, IEnumerable<string> lines)
    {
        var all = lines.ToArray();
        if (all.Length == 0)
            return;
        text.AppendLine(CultureInfo.InvariantCulture, $"{heading} ({all.Length}):");
        foreach (var line in all.Take(LinesShown))
            text.AppendLine(CultureInfo.InvariantCulture, $"  {line}");
        if (all.Length > LinesShown)
            text.AppendLine(CultureInfo.InvariantCulture, $"  ... and {all.Length - LinesShown} more");
    }

    private static string Show(Size size) => $"{size.Width} × {size.Height}";

    private static string Show(IReadOnlyList<ImageSource> group) => string.Join(" = ", group.Select(source => source.Name));
}

/// <summary>How many pictures a class has.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">Its pictures.</param>
public readonly record struct ClassCount(string Name, int Count);

/// <summary>A picture whose content is of another format than its extension says.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Content">The format of its content.</param>
public sealed record WrongExtension(ImageSource Image, ImageFormat Content);
