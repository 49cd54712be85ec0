namespace TransferKit.Vision;

/// <summary>
/// Pictures in Parquet files as the <c>datasets</c> library of Hugging Face writes them: a column of structs with the
/// <c>bytes</c> of each picture and the <c>path</c> that it had, or of bytes alone; and a column of labels, whose names stand in
/// the file's metadata.
/// </summary>
/// <remarks>
/// A picture can only be read with the others of its row group, often 100 MB of them. The row groups that were read last are kept
/// in memory, up to a limit. Where a dataset is larger, training reads as many row groups as fill half of it at a time, in an
/// order drawn anew in each epoch, and shuffles the pictures in them.
/// </remarks>
public sealed class ParquetDataset : ImageDataset
{
    private const string Extension = ".parquet";
    private const long DefaultBuffer = 1L << 30;

    private ParquetDataset(
        IReadOnlyList<string> shards, string[] classNames, ImageSource[] sources, Targets targets, ImageOptions? options)
        : base(classNames, sources, targets, options ?? new ImageOptions()) => Shards = shards;

    /// <summary>The files that were opened, as full paths.</summary>
    public IReadOnlyList<string> Shards { get; }

    /// <summary>Opens files whose rows have one class each.</summary>
    /// <param name="shards">
    /// The files of one part of the data: a path, in which <c>*</c> and <c>?</c> of the file's name stand for any characters and
    /// for one, and, as in a shell, <c>{00..12}</c> for numbers and <c>{a,b}</c> for either: <c>data/train-*.parquet</c>.
    /// </param>
    /// <param name="imageColumn">
    /// The column with the pictures; by default the one that the <c>datasets</c> library calls so, or else the only one with
    /// bytes.
    /// </param>
    /// <param name="labelColumn">
    /// The column with the classes' names, or their numbers from 0; by default the one that the <c>datasets</c> library calls so,
    /// or else <c>label</c>.
    /// </param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">
    /// The classes in the order of their labels; by default those that the file names, or else the names that occur, sorted, or
    /// the numbers up to the largest.
    /// </param>
    /// <param name="shuffleBuffer">
    /// Bytes of memory for row groups, at least 1; a row group that is larger is held alone. Where the pictures of all files take
    /// more, the order of training depends on it.
    /// </param>
    /// <exception cref="DatasetException">
    /// There is no such file; one is truncated, damaged or no Parquet file, or lacks a column; a row has no label; a label is
    /// none of the classes; there are fewer than two classes; or files differ in the names of their classes.
    /// </exception>
    public static ParquetDataset Open(
        string shards, string? imageColumn = null, string? labelColumn = null, ImageOptions? options = null,
        IReadOnlyList<string>? classes = null, long shuffleBuffer = DefaultBuffer)
    {
        var rows = Read(shards, imageColumn, [labelColumn], classes, shuffleBuffer);
        for (var row = 0; row < rows.Images.Length; row++)
        {
            if (rows.Values[row][0].Length != 1)
                throw new DatasetException(
                    rows.Images[row].Name,
                    $"The row of '{rows.Images[row]}' has {rows.Values[row][0].Length} labels; {nameof(Open)} needs one, "
                    + $"{nameof(OpenMultiLabel)} takes any number.");
        }

        var (names, targets) = rows.Labels(classes).Single();
        return new ParquetDataset(rows.Files, names, rows.Images, targets, options);
    }

    /// <summary>Opens files whose rows have any number of classes each: a list in a column.</summary>
    /// <inheritdoc cref="Open"/>
    public static ParquetDataset OpenMultiLabel(
        string shards, string? imageColumn = null, string? labelColumn = null, ImageOptions? options = null,
        IReadOnlyList<string>? classes = null, long shuffleBuffer = DefaultBuffer)
    {
        var rows = Read(shards, imageColumn, [labelColumn], classes, shuffleBuffer);
        var (names, targets) = rows.Labels(classes).Multiple();
        return new ParquetDataset(rows.Files, names, rows.Images, targets, options);
    }

    /// <summary>Opens files whose rows have numbers to predict.</summary>
    /// <param name="shards">The files, as for <see cref="Open"/>.</param>
    /// <param name="valueColumns">The columns with the numbers; at least one.</param>
    /// <param name="imageColumn">The column with the pictures, as for <see cref="Open"/>.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="shuffleBuffer">Bytes of memory for row groups, as for <see cref="Open"/>.</param>
    /// <exception cref="DatasetException">
    /// There is no such file; one is truncated, damaged or no Parquet file, or lacks a column; or a value is no finite number.
    /// </exception>
    public static ParquetDataset OpenRegression(
        string shards, IReadOnlyList<string> valueColumns, string? imageColumn = null, ImageOptions? options = null,
        long shuffleBuffer = DefaultBuffer)
    {
        ArgumentNullException.ThrowIfNull(valueColumns);
        ArgumentOutOfRangeException.ThrowIfZero(valueColumns.Count, nameof(valueColumns));
        var rows = Read(shards, imageColumn, [.. valueColumns], classes: null, shuffleBuffer);
        var values = rows.Values.Zip(rows.Images,
            (ofRow, image) => ofRow.Zip(valueColumns, (cell, column) => Number(cell, column, image)));
        return new ParquetDataset(
            rows.Files, [.. valueColumns], rows.Images, Targets.Regression([.. values.Select(ofRow => ofRow.ToArray())]),
            options);
    }

    private static float Number(object[] cell, string column, ImageSource image) =>
        cell is [long or double] && Convert.ToSingle(cell[0], null) is var number && float.IsFinite(number)
            ? number
            : throw new DatasetException(image.Name, $"The column '{column}' has no finite number in the row of '{image}'.");

    private static ParquetRows Read(
        string shards, string? imageColumn, string?[] columns, IReadOnlyList<string>? classes, long shuffleBuffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shuffleBuffer);
        if (classes is not null)
            ClassOrder.RequireNames(classes, nameof(classes));
        var memory = new BlockMemory(shuffleBuffer);
        return ParquetRows.Read(ShardFiles.Find(shards, Extension), imageColumn, columns, memory);
    }
}
