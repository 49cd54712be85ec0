using System.Globalization;

namespace TransferKit.Vision;

/// <summary>
/// Pictures and their targets from a table or from code: a class each, any number of classes, or numbers. The classes are the
/// labels that occur, sorted by their characters' codes, unless they are given.
/// </summary>
public sealed class ImageList : ImageDataset
{
    private ImageList(IReadOnlyList<string> names, IEnumerable<ImageSource> sources, Targets targets, ImageOptions? options)
        : base([.. names], [.. sources], targets, options ?? new ImageOptions())
    {
    }

    /// <summary>Makes a dataset of pictures of one class each.</summary>
    /// <param name="samples">Each picture with the name of its class.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">The classes in the order of their labels; by default those that occur, sorted.</param>
    /// <exception cref="ArgumentException">There are fewer than two classes, or a label is none of them.</exception>
    public static ImageList Create(
        IEnumerable<(ImageSource Image, string Label)> samples,
        ImageOptions? options = null,
        IReadOnlyList<string>? classes = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var all = samples.ToArray();
        var labels = new LabelIndex(classes, all.Select(sample => sample.Label));
        if (labels.Names.Count < 2)
            throw new ArgumentException(
                $"Two or more classes are needed; the samples are of {labels.Names.Count}.", nameof(samples));
        var targets = Targets.Classes(
            [.. all.Select(sample => labels.Of(sample.Label, sample.Image.Name))], labels.Names.Count);
        return new ImageList(labels.Names, all.Select(sample => sample.Image), targets, options);
    }

    /// <summary>Makes a dataset of pictures of any number of classes each.</summary>
    /// <param name="samples">Each picture with the names of its classes; none is allowed.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">The classes in the order of their labels; by default those that occur, sorted.</param>
    /// <exception cref="ArgumentException">There are no classes, or a label is none of them.</exception>
    public static ImageList CreateMultiLabel(
        IEnumerable<(ImageSource Image, IReadOnlyCollection<string> Labels)> samples,
        ImageOptions? options = null,
        IReadOnlyList<string>? classes = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var all = samples.ToArray();
        var labels = new LabelIndex(classes, all.SelectMany(sample => sample.Labels));
        if (labels.Names.Count == 0)
            throw new ArgumentException("No sample has a label.", nameof(samples));
        var targets = Targets.MultiLabel(
            [.. all.Select(sample => sample.Labels.Select(label => labels.Of(label, sample.Image.Name)).ToArray())],
            labels.Names.Count);
        return new ImageList(labels.Names, all.Select(sample => sample.Image), targets, options);
    }

    /// <summary>Makes a dataset of pictures with one or several numbers each.</summary>
    /// <param name="samples">Each picture with its numbers.</param>
    /// <param name="names">
    /// What the numbers are called, one name for each; the dataset's <see cref="Dataset.ClassNames"/>.
    /// </param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <exception cref="ArgumentException">
    /// There are no samples, a sample has not as many numbers as there are names, or one that isn't finite.
    /// </exception>
    public static ImageList CreateRegression(
        IEnumerable<(ImageSource Image, float[] Values)> samples, IReadOnlyList<string> names, ImageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(names);
        var all = samples.ToArray();
        if (all.Length == 0)
            throw new ArgumentException("There are no samples.", nameof(samples));
        var targets = Targets.Regression([.. all.Select(sample => sample.Values)]);
        return targets.Outputs == names.Count
            ? new ImageList(names, all.Select(sample => sample.Image), targets, options)
            : throw new ArgumentException(
                $"{targets.Outputs} numbers a sample need as many names, not {names.Count}.", nameof(names));
    }

    /// <summary>
    /// Reads a table of text, separated by commas, semicolons, tabs or bars, in UTF-8. Its first line has headings, unless no
    /// column is named and the first cell is a picture's path: then it is the first sample. Every other column is ignored.
    /// </summary>
    /// <param name="file">The table.</param>
    /// <param name="pathColumn">
    /// The heading of the column with the pictures' paths, whose extensions may be left out; by default the first column.
    /// </param>
    /// <param name="labelColumn">The heading of the column with the names of the classes; by default the second column.</param>
    /// <param name="root">The folder that relative paths start from; by default the table's.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">The classes in the order of their labels; by default those that occur, sorted.</param>
    /// <exception cref="DatasetException">
    /// The table can't be read or lacks a column, a line lacks a path or a label or names a file that does not exist, a label is
    /// none of the classes, or there are fewer than two classes.
    /// </exception>
    public static ImageList FromCsv(
        string file, string? pathColumn = null, string? labelColumn = null, string? root = null, ImageOptions? options = null,
        IReadOnlyList<string>? classes = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        var table = new ImageTable(file, pathColumn, root);
        var lines = table.Read(labelColumn);
        foreach (var line in lines.Where(line => line.Cells[0].Length == 0))
            throw new DatasetException(table.File, $"There is no label for '{line.Path}' in {line.Where}.");
        if (classes is null && lines.All(line => line.Cells[0] == lines[0].Cells[0]))
            throw new DatasetException(
                table.File, $"In the table '{table.File}' every label is '{lines[0].Cells[0]}'; two or more classes are needed.");
        return Make(table, () => Create(lines.Select(line => (line.Image, line.Cells[0])), options, classes));
    }

    /// <summary>Reads a table as <see cref="FromCsv"/> does, with any number of classes in a cell.</summary>
    /// <param name="file">The table.</param>
    /// <param name="pathColumn">The heading of the column with the pictures' paths; by default the first column.</param>
    /// <param name="labelsColumn">The heading of the column with the names of the classes; by default the second column.</param>
    /// <param name="separator">What stands between the names in a cell; by default a space. Cells may be empty.</param>
    /// <param name="root">The folder that relative paths start from; by default the table's.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">The classes in the order of their labels; by default those that occur, sorted.</param>
    /// <exception cref="DatasetException">
    /// The table can't be read or lacks a column, a line lacks a path or names a file that does not exist, or a label is none of
    /// the classes.
    /// </exception>
    public static ImageList MultiLabelFromCsv(
        string file, string? pathColumn = null, string? labelsColumn = null, char separator = ' ', string? root = null,
        ImageOptions? options = null, IReadOnlyList<string>? classes = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        var table = new ImageTable(file, pathColumn, root);
        const StringSplitOptions tidy = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        var samples = table.Read(labelsColumn)
            .Select(line => (line.Image, (IReadOnlyCollection<string>)line.Cells[0].Split(separator, tidy)));
        return Make(table, () => CreateMultiLabel(samples, options, classes));
    }

    /// <summary>
    /// Reads a table as <see cref="FromCsv"/> does, with a column for each class, that holds 1 where a picture is of it, else 0.
    /// </summary>
    /// <param name="file">The table.</param>
    /// <param name="labelColumns">The headings of the columns: the classes, in the order of their labels.</param>
    /// <param name="pathColumn">The heading of the column with the pictures' paths; by default the first column.</param>
    /// <param name="root">The folder that relative paths start from; by default the table's.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <exception cref="DatasetException">
    /// The table can't be read or lacks a column, a line lacks a path or names a file that does not exist, or a cell holds
    /// neither 0 nor 1.
    /// </exception>
    public static ImageList MultiLabelFromCsvColumns(
        string file, IReadOnlyList<string> labelColumns, string? pathColumn = null, string? root = null,
        ImageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        ArgumentNullException.ThrowIfNull(labelColumns);
        ArgumentOutOfRangeException.ThrowIfZero(labelColumns.Count, nameof(labelColumns));
        var table = new ImageTable(file, pathColumn, root);
        var samples = table.Read([.. labelColumns]).Select(line =>
            (line.Image, (IReadOnlyCollection<string>)
                [.. labelColumns.Where((_, i) => IsOne(table, line.Cells[i], line.Where))]));
        return Make(table, () => CreateMultiLabel(samples, options, labelColumns));
    }

    /// <summary>Reads a table as <see cref="FromCsv"/> does, with numbers to predict.</summary>
    /// <param name="file">The table.</param>
    /// <param name="valueColumns">
    /// The headings of the columns with the numbers, written with a decimal point; at least one.
    /// </param>
    /// <param name="pathColumn">The heading of the column with the pictures' paths; by default the first column.</param>
    /// <param name="root">The folder that relative paths start from; by default the table's.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <exception cref="DatasetException">
    /// The table can't be read or lacks a column, a line lacks a path or names a file that does not exist, or a cell holds no
    /// finite number.
    /// </exception>
    public static ImageList RegressionFromCsv(
        string file, IReadOnlyList<string> valueColumns, string? pathColumn = null, string? root = null,
        ImageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        ArgumentNullException.ThrowIfNull(valueColumns);
        ArgumentOutOfRangeException.ThrowIfZero(valueColumns.Count, nameof(valueColumns));
        var table = new ImageTable(file, pathColumn, root);
        var samples = table.Read([.. valueColumns])
            .Select(line => (line.Image, Array.ConvertAll(line.Cells, cell => Number(table, cell, line.Where))));
        return Make(table, () => CreateRegression(samples, valueColumns, options));
    }

    /// <summary>Turns complaints about arguments, which come from the table, into complaints about the table.</summary>
    private static ImageList Make(ImageTable table, Func<ImageList> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException error)
        {
            throw new DatasetException(
                table.File, $"The table '{table.File}' makes no dataset: {error.Message}", error);
        }
    }

    private static bool IsOne(ImageTable table, string cell, string where) => Number(table, cell, where) switch
    {
        0 => false,
        1 => true,
        _ => throw new DatasetException(table.File, $"'{cell}' in {where} is neither 0 nor 1."),
    };

    private static float Number(ImageTable table, string cell, string where) =>
        float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number)
            ? number
            : throw new DatasetException(table.File, $"'{cell}' in {where} isn't a finite number with a decimal point.");
}
