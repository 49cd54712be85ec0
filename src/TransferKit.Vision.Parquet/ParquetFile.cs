using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace TransferKit.Vision;

/// <summary>A Parquet file with one picture a row, open for reading.</summary>
/// <remarks>
/// Columns are read with their definition levels. What the library makes of them itself (<c>ReadAsync</c>) drops the places of
/// values that are null within a struct that isn't, so that all that follow move up.
/// </remarks>
internal sealed class ParquetFile
{
    private readonly ParquetReader _reader;
    private readonly long _length;

    private ParquetFile(string path, long length, ParquetReader reader)
    {
        (FullPath, _length, _reader) = (path, length, reader);
        Features = new HuggingFaceFeatures(reader.CustomMetadata);
    }

    /// <summary>The file's path.</summary>
    public string FullPath { get; }

    /// <summary>What the <c>datasets</c> library says of its columns.</summary>
    public HuggingFaceFeatures Features { get; }

    /// <summary>The number of row groups.</summary>
    public int Groups => _reader.RowGroupCount;

    /// <summary>Opens a file and does something with it.</summary>
    /// <param name="path">The file, as a full path.</param>
    /// <param name="use">What to do; may throw <see cref="DatasetException"/>.</param>
    /// <exception cref="DatasetException">The file can't be read, or is damaged, or no Parquet file.</exception>
    public static T Use<T>(string path, Func<ParquetFile, Task<T>> use)
    {
        try
        {
            // On a thread of the pool: the library that reads has no synchronous ways, and continuations may be waiting for the
            // caller's thread.
            return Task.Run(async () =>
            {
                await using var stream = File.OpenRead(path);
                await using var reader = await ParquetReader.CreateAsync(stream);
                return await use(new ParquetFile(path, stream.Length, reader));
            }).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new DatasetException(path, $"'{path}' can't be read: {error.Message}", error);
        }
        // What decoders throw at a damaged file may be anything.
        catch (Exception error) when (error is not (DatasetException or OutOfMemoryException))
        {
            throw new DatasetException(
                path, $"'{path}' is truncated, damaged, or no Parquet file ({error.Message.TrimEnd('.')}); "
                    + "fetch it again.", error);
        }
    }

    /// <summary>The column with the pictures' bytes.</summary>
    /// <param name="name">
    /// What it is called; null: the one that the <c>datasets</c> library says, or else the only one with bytes.
    /// </param>
    /// <exception cref="DatasetException">There is none, or several.</exception>
    public DataField ImageField(string? name)
    {
        name ??= Features.OnlyOf("Image");
        string[] candidates = name is null
            ? [.. _reader.Schema.Fields.Where(field => BytesOf(field) is not null).Select(field => field.Name)]
            : [name];
        if (candidates is [var only])
            return BytesOf(Column(only)) ?? throw new DatasetException(
                FullPath,
                $"The column '{only}' of '{FullPath}' holds {TypeOf(Column(only))}, and no bytes of pictures. Where it holds "
                + $"paths of files, {nameof(ImageList)} takes them.");
        throw new DatasetException(
            FullPath, $"'{FullPath}' has {(candidates.Length == 0 ? "no column" : $"{candidates.Length} columns")} with bytes of "
            + $"pictures; give imageColumn the name of one. {Columns}");
    }

    /// <summary>The column with the pictures' paths beside their bytes, if there is one.</summary>
    public DataField? PathField(DataField image) => (Column(image.Path[0]) as StructField)?.Fields.OfType<DataField>()
        .FirstOrDefault(field => field.Name == "path" && field.ClrType == typeof(ReadOnlyMemory<char>));

    /// <summary>The column with the labels, or with lists of them.</summary>
    /// <param name="name">What it is called; null: the one that the <c>datasets</c> library says, or else <c>label</c>.</param>
    /// <exception cref="DatasetException">There is none, or it holds neither numbers nor text.</exception>
    public DataField LabelField(string? name)
    {
        var column = Column(name ?? Features.OnlyOf("ClassLabel") ?? "label");
        return column is DataField field ? field
            : column is ListField { Item: DataField item } ? item
            : throw new DatasetException(FullPath, $"The column '{column.Name}' of '{FullPath}' holds {TypeOf(column)}, "
                + $"no labels. {Columns}");
    }

    /// <summary>Describes the row group of pictures, without reading it.</summary>
    public ParquetGroup Group(int index, DataField image, BlockMemory memory)
    {
        using var group = _reader.OpenRowGroupReader(index);
        var bytes = group.GetMetadata(image)!.MetaData!.TotalUncompressedSize;
        return new ParquetGroup(FullPath, _length, index, image.Path[0], (int)group.RowCount, bytes, memory);
    }

    /// <summary>Reads a row group's pictures.</summary>
    /// <param name="index">Which row group.</param>
    /// <param name="image">Their column.</param>
    /// <param name="knownLength">Bytes of the file when it was opened before.</param>
    /// <param name="bytes">Gets their bytes.</param>
    /// <returns>Where each lies there; an empty one is not there.</returns>
    /// <exception cref="DatasetException">The file isn't the one that was opened before.</exception>
    public async Task<(long Offset, int Length)[]> ReadBytes(int index, DataField image, long knownLength, NativeBuffer bytes)
    {
        if (_length != knownLength)
            throw new DatasetException(FullPath, $"'{FullPath}' has changed since the dataset was opened; open it again.");
        using var group = _reader.OpenRowGroupReader(index);
        using var column = await group.ReadRawColumnDataBaseAsync(image);
        return Copy((RawColumnData<ReadOnlyMemory<byte>>)column, image, (int)group.RowCount, bytes);
    }

    private static unsafe (long Offset, int Length)[] Copy(
        RawColumnData<ReadOnlyMemory<byte>> column, DataField image, int rows, NativeBuffer bytes)
    {
        var places = new (long Offset, int Length)[rows];
        var (next, end) = (0, 0L);
        for (var row = 0; row < rows; row++)
        {
            var length = IsThere(column, image, row) ? column.Values[next++].Length : 0;
            places[row] = (end, length);
            end += length;
        }

        var target = bytes.Reserve((nuint)end);
        foreach (var value in column.Values[..next])
        {
            value.Span.CopyTo(new Span<byte>(target, value.Length));
            target += value.Length;
        }

        return places;
    }

    /// <summary>The values of a column in a row group, as numbers (<see cref="long"/> or <see cref="double"/>) or text.</summary>
    /// <returns>The values of each row: none where it is null, several where it is a list.</returns>
    /// <exception cref="DatasetException">It holds something else.</exception>
    public async Task<object[][]> ReadValues(int index, DataField field)
    {
        using var group = _reader.OpenRowGroupReader(index);
        using var column = await group.ReadRawColumnDataBaseAsync(field);
        var values = Values(column) ?? throw new DatasetException(
            FullPath, $"The column '{field.Path[0]}' of '{FullPath}' holds {TypeOf(field)}, neither numbers nor text. {Columns}");
        var rows = new List<object>[group.RowCount];
        var (row, next) = (-1, 0);
        var areLists = field.MaxRepetitionLevel > 0;
        var places = areLists ? column.RepetitionLevels.Length : rows.Length;
        for (var place = 0; place < places; place++)
        {
            // A value at level 0 is the first of its row; a list without values has a place too.
            if (!areLists || column.RepetitionLevels[place] == 0)
                rows[++row] = [];
            if (IsThere(column, field, place))
                rows[row].Add(values(next++));
        }

        return Array.ConvertAll(rows, one => one.ToArray());
    }

    private static bool IsThere(RawColumnData column, DataField field, int place) =>
        field.MaxDefinitionLevel == 0 || column.DefinitionLevels[place] == field.MaxDefinitionLevel;

    private static Func<int, object>? Values(RawColumnData column)
    {
        switch (column)
        {
            case RawColumnData<ReadOnlyMemory<char>> text: return place => text.Values[place].ToString();
            case RawColumnData<bool> booleans: return place => booleans.Values[place] ? 1L : 0L;
            case RawColumnData<long> numbers: return place => numbers.Values[place];
            case RawColumnData<int> numbers: return place => (long)numbers.Values[place];
            case RawColumnData<short> numbers: return place => (long)numbers.Values[place];
            case RawColumnData<sbyte> numbers: return place => (long)numbers.Values[place];
            case RawColumnData<ulong> numbers: return place => checked((long)numbers.Values[place]);
            case RawColumnData<uint> numbers: return place => (long)numbers.Values[place];
            case RawColumnData<ushort> numbers: return place => (long)numbers.Values[place];
            case RawColumnData<byte> numbers: return place => (long)numbers.Values[place];
            case RawColumnData<float> numbers: return place => (double)numbers.Values[place];
            case RawColumnData<double> numbers: return place => numbers.Values[place];
            default: return null;
        }
    }

    private static DataField? BytesOf(Field field) => field switch
    {
        DataField data when data.ClrType == typeof(ReadOnlyMemory<byte>) => data,
        StructField image => image.Fields.OfType<DataField>()
            .FirstOrDefault(data => data.Name == "bytes" && data.ClrType == typeof(ReadOnlyMemory<byte>)),
        _ => null,
    };

    private Field Column(string name) => _reader.Schema.Fields.FirstOrDefault(field => field.Name == name)
        ?? throw new DatasetException(FullPath, $"'{FullPath}' has no column '{name}'. {Columns}");

    private string Columns =>
        $"Its columns are {string.Join(", ", _reader.Schema.Fields.Select(one => $"{one.Name} ({TypeOf(one)})"))}.";

    private static string TypeOf(Field field) => field switch
    {
        DataField { ClrType: var type } when type == typeof(ReadOnlyMemory<char>) => "text",
        DataField { ClrType: var type } when type == typeof(ReadOnlyMemory<byte>) => "bytes",
        DataField data => data.ClrType.Name,
        ListField list => $"lists of {TypeOf(list.Item)}",
        StructField group => $"structs of {string.Join(", ", group.Fields.Select(one => one.Name))}",
        _ => field.SchemaType.ToString(),
    };
}
