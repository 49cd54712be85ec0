using Parquet.Schema;

namespace TransferKit.Vision;

/// <summary>The rows of several Parquet files, without the pictures' bytes.</summary>
internal sealed class ParquetRows
{
    private readonly string[]? _names;

    private ParquetRows(IReadOnlyList<string> files, ImageSource[] images, object[][][] values, string[]? names) =>
        (Files, Images, Values, _names) = (files, images, values, names);

    /// <summary>The files.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The picture of each row.</summary>
    public ImageSource[] Images { get; }

    /// <summary>For each row and column, the values in it: numbers or text, several where it holds a list.</summary>
    public object[][][] Values { get; }

    /// <param name="files">The files, as full paths.</param>
    /// <param name="imageColumn">The column with the pictures; null: as <see cref="ParquetFile.ImageField"/> finds it.</param>
    /// <param name="columns">The columns with values; null: as <see cref="ParquetFile.LabelField"/> finds it.</param>
    /// <param name="memory">Where row groups are kept.</param>
    /// <exception cref="DatasetException">
    /// A file can't be read or lacks a column, there are no rows, or files differ in the names of their classes.
    /// </exception>
    public static ParquetRows Read(IReadOnlyList<string> files, string? imageColumn, string?[] columns, BlockMemory memory)
    {
        var read = ShardFiles.ReadEach(files, path => ParquetFile.Use(path, async file =>
        {
            var image = file.ImageField(imageColumn);
            var fields = Array.ConvertAll(columns, file.LabelField);
            var (images, values) = (new List<ImageSource>(), new List<object[][]>());
            for (var index = 0; index < file.Groups; index++)
                await Add(file, index, image, fields, memory, images, values);
            return (Images: images, Values: values, Names: file.Features.ClassNames(fields[0].Path[0]));
        }));

        foreach (var (file, other) in files.Zip(read))
        {
            if (!(other.Names ?? []).SequenceEqual(read[0].Names ?? []))
                throw new DatasetException(
                    file, $"The classes of '{file}' are called {Show(other.Names)}, those of '{files[0]}' {Show(read[0].Names)}; "
                    + "open each by itself.");
        }

        ImageSource[] all = [.. read.SelectMany(one => one.Images)];
        return all.Length > 0
            ? new ParquetRows(files, all, [.. read.SelectMany(one => one.Values)], read[0].Names)
            : throw new DatasetException(files[0], $"There are no rows in '{string.Join("', '", files)}'.");

        static string Show(string[]? names) => names is null ? "nothing" : ClassOrder.Show(names);
    }

    /// <summary>The labels in the first column.</summary>
    /// <param name="classes">The classes in the order of their labels; null: those that the files name, or the rows.</param>
    public ShardLabels Labels(IReadOnlyList<string>? classes)
    {
        var labels = Values.Zip(Images, (ofRow, image) => Array.ConvertAll(ofRow[0], value => Label(value, image)));
        // Classes in another order are found by the names that the files give them.
        return classes is null || _names is null
            ? new ShardLabels(Images, [.. labels], classes ?? _names)
            : new ShardLabels(Images, [.. labels.Zip(Images, Named)], classes);
    }

    private ShardLabel[] Named(ShardLabel[] labels, ImageSource image) => Array.ConvertAll(labels, label =>
        label.Number is not { } number || number == -1 || _names is null ? label
        : number >= 0 && number < _names.Length ? new ShardLabel(_names[(int)number], null)
        : throw new DatasetException(
            image.Name, $"The label of '{image}' is {number}, and the file names "
                + $"the {_names.Length} classes {ClassOrder.Show(_names)}."));

    private static ShardLabel Label(object value, ImageSource image) => value switch
    {
        long number => new($"{number}", number),
        string { Length: > 0 } text => new(text, null),
        _ => throw new DatasetException(image.Name, $"The label of '{image}' is '{value}', "
            + "neither a class's number nor its name."),
    };

    private static async Task Add(
        ParquetFile file, int index, DataField image, DataField[] fields, BlockMemory memory, List<ImageSource> images,
        List<object[][]> values)
    {
        var group = file.Group(index, image, memory);
        var paths = file.PathField(image) is { } field ? await file.ReadValues(index, field) : null;
        var columns = new object[fields.Length][][];
        for (var i = 0; i < fields.Length; i++)
            columns[i] = await file.ReadValues(index, fields[i]);
        for (var row = 0; row < group.Rows; row++)
        {
            var path = paths?[row] is [string known] ? known : $"row {images.Count}";
            images.Add(new BlockImage(group, row, file.FullPath, path));
            values.Add(Array.ConvertAll(columns, column => column[row]));
        }
    }
}
