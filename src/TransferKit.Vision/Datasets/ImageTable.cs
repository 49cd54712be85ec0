using CsvHelper;

namespace TransferKit.Vision;

/// <summary>
/// A table of text with a line of headings, separated by commas, semicolons, tabs or bars, in UTF-8: one picture a line.
/// </summary>
/// <param name="file">The table.</param>
/// <param name="pathColumn">The heading of the column with the pictures' paths; null: the first column.</param>
/// <param name="root">The folder that relative paths start from; null: the table's.</param>
internal sealed class ImageTable(string file, string? pathColumn, string? root)
{
    private readonly string _root = Path.GetFullPath(root ?? Path.GetDirectoryName(Path.GetFullPath(file))!);

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
            // The separator is detected, as CsvHelper does when none is set.
            var reading = CsvReaderOptions.Default with { TrimWhitespace = true, TrackLineNumbers = true };
            using var table = CsvReader.FromFile(File, reading);
            var lines = ReadLines(table, columns).ToArray();
            return lines.Length > 0
                ? lines
                : throw new DatasetException(File, $"The table '{File}' has no lines below its headings.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CsvFormatException)
        {
            throw new DatasetException(File, $"The table '{File}' can't be read: {exception.Message}", exception);
        }
    }

    private IEnumerable<Line> ReadLines(CsvReader table, string?[] columns)
    {
        if (table.Headers.Count == 0)
            throw new DatasetException(File, $"The table '{File}' is empty.");

        var pathIndex = ColumnOf(table, pathColumn, otherwise: 0);
        var indices = Array.ConvertAll(columns, column => ColumnOf(table, column, otherwise: 1));
        while (table.Read())
        {
            var where = $"line {table.LineNumber} of the table '{File}'";
            var path = table.GetString(pathIndex);
            if (string.IsNullOrEmpty(path))
                throw new DatasetException(File, $"There is no path in {where}.");

            var wholePath = Path.GetFullPath(path, _root);
            if (!System.IO.File.Exists(wholePath))
                throw new DatasetException(wholePath, $"The image '{wholePath}' in {where} does not exist.");
            yield return new(
                ImageSource.FromFile(wholePath), path, where, Array.ConvertAll(indices, index => table.GetString(index) ?? ""));
        }
    }

    private int ColumnOf(CsvReader table, string? heading, int otherwise)
    {
        var headings = table.Headers.ToArray();
        var column = heading is null ? otherwise : Array.IndexOf(headings, heading);
        if (column >= 0 && column < headings.Length)
            return column;

        var missing = heading is null ? $"no column {otherwise + 1}" : $"no column '{heading}'";
        throw new DatasetException(File, $"The table '{File}' has {missing}; its columns are {string.Join(", ", headings)}.");
    }

    /// <summary>A line of the table.</summary>
    /// <param name="Image">The picture.</param>
    /// <param name="Path">Its path as it is written.</param>
    /// <param name="Where">Which line it is, for messages.</param>
    /// <param name="Cells">What stands in the columns that were asked for.</param>
    internal readonly record struct Line(ImageSource Image, string Path, string Where, string[] Cells);
}
