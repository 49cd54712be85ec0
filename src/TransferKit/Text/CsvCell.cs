namespace TransferKit;

/// <summary>A text as a cell of a table that is separated by commas (RFC 4180).</summary>
internal static class CsvCell
{
    /// <summary>The text, in quotation marks where it needs them.</summary>
    public static string Of(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
