using CsvHelper;

namespace TransferKit.Vision;

/// <summary>
/// Pictures and their labels from a table or from code. The classes are the labels that occur, sorted by their characters'
/// codes.
/// </summary>
public sealed class ImageList : ImageDataset
{
    private ImageList(string[] classNames, ImageSource[] sources, int[] labels, ImageOptions options)
        : base(classNames, sources, Targets.Classes(labels, classNames.Length), options)
    {
    }

    /// <summary>Makes a dataset of pictures at hand.</summary>
    /// <param name="samples">Each picture with the name of its class.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do.</param>
    /// <exception cref="ArgumentException">The samples are of fewer than two classes.</exception>
    public static ImageList Create(IEnumerable<(ImageSource Image, string Label)> samples, ImageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var all = samples.ToArray();
        var classNames = all.Select(sample => sample.Label).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (classNames.Length < 2)
        {
            throw new ArgumentException(
                $"Two or more classes are needed; the samples are of {classNames.Length}.", nameof(samples));
        }

        var labels = all.Select(sample => Array.BinarySearch(classNames, sample.Label, StringComparer.Ordinal));
        return new ImageList(classNames, [.. all.Select(sample => sample.Image)], [.. labels], options ?? new ImageOptions());
    }

    /// <summary>
    /// Reads a table of text with a line of headings, separated by commas, semicolons, tabs or bars, in UTF-8. Every other
    /// column is ignored.
    /// </summary>
    /// <param name="file">The table.</param>
    /// <param name="pathColumn">The heading of the column with the pictures' paths; by default the first column.</param>
    /// <param name="labelColumn">The heading of the column with the names of the classes; by default the second column.</param>
    /// <param name="root">The folder that relative paths start from; by default the table's.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do.</param>
    /// <exception cref="DatasetException">
    /// The table can't be read or lacks a column, a line lacks a path or a label or names a file that does not exist, or there
    /// are fewer than two classes.
    /// </exception>
    public static ImageList FromCsv(
        string file, string? pathColumn = null, string? labelColumn = null, string? root = null, ImageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        file = Path.GetFullPath(file);
        root ??= Path.GetDirectoryName(file)!;
        try
        {
            var samples = ReadSamples(file, pathColumn, labelColumn, root).ToArray();
            var labels = samples.Select(sample => sample.Label).Distinct().Take(2).ToArray();
            return labels.Length == 2
                ? Create(samples, options)
                : throw new DatasetException(file, labels.Length == 0
                    ? $"The table '{file}' has no lines below its headings."
                    : $"In the table '{file}' every label is '{labels[0]}'; two or more classes are needed.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CsvFormatException)
        {
            throw new DatasetException(file, $"The table '{file}' can't be read: {exception.Message}", exception);
        }
    }

    private static IEnumerable<(ImageSource Image, string Label)> ReadSamples(
        string file, string? pathColumn, string? labelColumn, string root)
    {
        // The separator is detected, as CsvHelper does when none is set.
        var reading = CsvReaderOptions.Default with { TrimWhitespace = true, TrackLineNumbers = true };
        using var table = CsvReader.FromFile(file, reading);
        if (table.Headers.Count == 0)
            throw new DatasetException(file, $"The table '{file}' is empty.");

        var pathIndex = ColumnOf(table, file, pathColumn, otherwise: 0);
        var labelIndex = ColumnOf(table, file, labelColumn, otherwise: 1);
        while (table.Read())
        {
            var where = $"line {table.LineNumber} of the table '{file}'";
            var path = table.GetString(pathIndex);
            var label = table.GetString(labelIndex);
            if (string.IsNullOrEmpty(path))
                throw new DatasetException(file, $"There is no path in {where}.");
            if (string.IsNullOrEmpty(label))
                throw new DatasetException(file, $"There is no label for '{path}' in {where}.");

            path = Path.GetFullPath(path, Path.GetFullPath(root));
            if (!File.Exists(path))
                throw new DatasetException(path, $"The image '{path}' in {where} does not exist.");
            yield return (ImageSource.FromFile(path), label);
        }
    }

    private static int ColumnOf(CsvReader table, string file, string? heading, int otherwise)
    {
        var headings = table.Headers.ToArray();
        var column = heading is null ? otherwise : Array.IndexOf(headings, heading);
        if (column >= 0 && column < headings.Length)
            return column;

        var missing = heading is null ? $"no column {otherwise + 1}" : $"no column '{heading}'";
        throw new DatasetException(file, $"The table '{file}' has {missing}; its columns are {string.Join(", ", headings)}.");
    }
}
