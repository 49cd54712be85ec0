namespace TransferKit.Vision;

/// <summary>
/// The pictures of a row group of a Parquet file. To read one is to read all: they lie in compressed pages, of which a value
/// doesn't know its own.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="fileLength">Its bytes when it was opened.</param>
/// <param name="index">Which of its row groups.</param>
/// <param name="imageColumn">The column with the pictures.</param>
/// <param name="rows">Its rows.</param>
/// <param name="length">Bytes of its pictures, not compressed.</param>
/// <param name="memory">Holds what was read of it and of others.</param>
internal sealed class ParquetGroup(
    string path, long fileLength, int index, string imageColumn, int rows, long length, BlockMemory memory) : ImageBlock(memory)
{
    /// <summary>Its rows.</summary>
    public int Rows => rows;

    public override string Identity => $"{Path.GetFileName(path)} {fileLength} {index} {rows} {length}";

    public override long Bytes => length;

    public override (long Offset, int Length)[] Load(NativeBuffer bytes)
    {
        try
        {
            return ParquetFile.Use(path, file => file.ReadBytes(index, file.ImageField(imageColumn), fileLength, bytes));
        }
        catch (DatasetException error)
        {
            throw new ImageException(path, $"row group {index}: {error.Message.TrimEnd('.')}", error);
        }
    }
}
