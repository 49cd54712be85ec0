namespace TransferKit;

/// <summary>Rows of cells as text whose columns are aligned.</summary>
internal static class TextTable
{
    /// <param name="rows">The rows, all of as many cells; the first one may have headings.</param>
    /// <param name="leftColumns">
    /// How many columns from the left are aligned to the left; numbers in the others are to the right.
    /// </param>
    /// <returns>Lines without trailing spaces, and without a last line end.</returns>
    public static string Of(IReadOnlyList<string[]> rows, int leftColumns)
    {
        var widths = rows[0].Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) =>
            column < leftColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd()));
    }
}
