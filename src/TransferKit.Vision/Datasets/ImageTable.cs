using CsvHelper;

namespace TransferKit.Vision;

/// <summary>
/// A table of text, separated by commas, semicolons, tabs or bars, in UTF-8: one picture a line, below a line of headings if
/// there is one.
/// </summary>
/// <param name="file">The table.</param>
/// <param name="pathColumn">The heading of the column with the pictures' paths; null: the first column.</param>
/// <param name="root">The folder that relative paths start from; null: the table's.</param>
internal sealed class ImageTable(string file, string? pathColumn, string? root)
{
    private readonly string _root = Path.GetFullPath(root ?? Path.GetDirectoryName(Path.GetFullPath(file))!);

    private string _extension = ".jpg";

    /// <summary>The table, as a full path.</summary>
    public string File { get; } = Path.GetFullPath(file);

    /// <summary>Reads the pictures with what stands in some columns.</summary>
    /// <param name="columns">The headings of the columns; null: the second column.</param>
    /// <exception cref="DatasetException">
    /// The table can't be read or lacks a column, has no lines, or a line lacks a path or names a file that does not exist.
    /// </exception>
    public IReadOnlyList<Line> Read(params string?[] columns)
    {
        try
        {
            var lines = ReadLines(columns).ToArray();
            return lines.Length > 0
                ? lines
                : throw new DatasetException(File, $"The table '{File}' has no lines below its headings.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CsvFormatException)
        {
            throw new DatasetException(File, $"The table '{File}' can't be read: {error.Message}", error);
        }
    }

    private IEnumerable<Line> ReadLines(string?[] columns)
    {
        string[] headings;
        using (var table = Open(hasHeadings: true))
            headings = [.. table.Headers];
        if (headings.Length == 0)
            throw new DatasetException(File, $"The table '{File}' is empty.");
        var pathIndex = ColumnOf(headings, pathColumn, otherwise: 0);
        var indices = Array.ConvertAll(columns, column => ColumnOf(headings, column, otherwise: 1));
        // What names a picture is no heading but the first sample.
        var isSample = pathColumn is null && columns.All(column => column is null) && Names(headings[pathIndex]);
        using var lines = Open(hasHeadings: !isSample);
        while (lines.Read())
        {
            var where = $"line {lines.LineNumber} of the table '{File}'";
            var path = lines.GetString(pathIndex);
            if (string.IsNullOrEmpty(path))
                throw new DatasetException(File, $"There is no path in {where}.");
            var wholePath = Find(path) ?? throw new DatasetException(
                Path.GetFullPath(path, _root),
                $"The image '{Path.GetFullPath(path, _root)}' in {where} does not exist, nor with the extension of a picture.");
            yield return new(
                ImageSource.FromFile(wholePath), path, where, Array.ConvertAll(indices, index => lines.GetString(index) ?? ""));
        }
    }

    // The separator is detected, as CsvHelper does when none is set.
    private CsvReader Open(bool hasHeadings) => CsvReader.FromFile(
        File, CsvReaderOptions.Default with { HasHeader = hasHeadings, TrimWhitespace = true, TrackLineNumbers = true });

    private bool Names(string cell) => cell.Length > 0 && Find(cell) is not null;

    /// <summary>The file that a cell names, as a full path: with its extension, or without, as many tables have them.</summary>
    private string? Find(string cell)
    {
        var path = Path.GetFullPath(cell, _root);
        if (System.IO.File.Exists(path))
            return path;
        // Most often it is that of the line before.
        var extension = new[] { _extension }.Concat(FileFormat.AllExtensions)
            .FirstOrDefault(one => System.IO.File.Exists(path + one));
        return extension is null ? null : path + (_extension = extension);
    }

    private int ColumnOf(string[] headings, string? heading, int otherwise)
    {
        var column = heading is null ? otherwise : Array.IndexOf(headings, heading);
        if (column >= 0 && column < headings.Length)
            return column;
        var missing = heading is null ? $"no column {otherwise + 1}" : $"no column '{heading}'";
        var first = headings.Any(Names) ? "its first line is a sample and has no headings:" : "its columns are";
        throw new DatasetException(File, $"The table '{File}' has {missing}; {first} {string.Join(", ", headings)}.");
    }

    /// <summary>A line of the table.</summary>
    /// <param name="Image">The picture.</param>
    /// <param name="Path">Its path as it is written.</param>
    /// <param name="Where">Which line it is, for messages.</param>
    /// <param name="Cells">What stands in the columns that were asked for.</param>
    internal readonly record struct Line(ImageSource Image, string Path, string Where, string[] Cells);
}
