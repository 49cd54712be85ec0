// Writes the Parquet files beside it, of pictures in ../fixtures, by Apache Arrow's C++ library, as pyarrow does:
//
//     dotnet run make_parquet.cs        (ParquetSharp 25.0.1.2, which is Arrow 25)
#:package ParquetSharp@25.0.1.2
#:property PublishAot=false

using System.Runtime.CompilerServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using ParquetSharp;
using ParquetSharp.Arrow;

string[] names = ["grey.jpg", "one_pixel.jpg", "grey.png", "lossy.webp", "rgb_13x17.png"];
byte[]?[] pictures = [.. names.Select(name => File.ReadAllBytes(Path.Join(Here(), "..", "fixtures", name)))];
string[] classes = ["tulip", "daisy", "rose"];
var classLabel = $$"""{"names": ["{{string.Join("\", \"", classes)}}"], "_type": "ClassLabel"}""";
const string imageFeature = """{"_type": "Image"}""";

// As the datasets library ships pictures, in two files: the second has no paths.
var features = Info($$$"""{"image": {{{imageFeature}}}, "label": {{{classLabel}}}}""");
Write("train-00000-of-00002.parquet", Compression.Snappy, rows: 2, features,
    ("image", Images(pictures[..3], ["a/grey.jpg", null, "c/grey.png"])), ("label", Numbers([0, 1, 2])));
Write("train-00001-of-00002.parquet", Compression.Snappy, rows: 2, features,
    ("image", Images(pictures[3..], [null, null])), ("label", Numbers([0, 1])));

// A picture missing within its struct, one missing altogether; lists of labels, one empty, one missing.
Write("lists.parquet", Compression.Zstd, rows: 5,
    Info($$$"""{"picture": {{{imageFeature}}}, "labels": {"feature": {{{classLabel}}}, "_type": "List"}}"""),
    ("picture", Images([pictures[0], null, pictures[2], pictures[3], pictures[4]], ["0", "1", null, "3", "4"], missing: 3)),
    ("labels", Lists([[0], [0, 2], [], null, [1]])));

// Bytes alone, labels as text from a dictionary: no word of the datasets library.
Write("text.parquet", Compression.Gzip, rows: 5, [],
    ("jpeg", Binary(pictures)), ("label", Text(["tulip", "daisy", "rose", "tulip", "daisy"])),
    ("weight", Floats([0.5f, 1, 2, 4, 8])), ("noted", Text(["a", null, "c", "d", "e"])));
// The same in other encodings, and what large columns become.
Write("large.parquet", Compression.Lz4, rows: 3, [],
    ("jpeg", LargeBinary(pictures)), ("label", LargeText(["tulip", "daisy", "rose", "tulip", "daisy"])));
Write("delta.parquet", Compression.Brotli, rows: 5, [],
    ("jpeg", Binary(pictures)), ("label", Text(["tulip", "daisy", "rose", "tulip", "daisy"])));
// What is kept secret, and a label missing.
Write("secret.parquet", Compression.Uncompressed, rows: 5, features,
    ("image", Images(pictures, ["0", "1", "2", "3", "4"])), ("label", Numbers([0, 1, -1, 2, 0])));
Write("unlabelled.parquet", Compression.Uncompressed, rows: 5, features,
    ("image", Images(pictures, ["0", "1", "2", "3", "4"])), ("label", Numbers([0, null, 1, 2, 0])));

static Dictionary<string, string> Info(string features) => new() { ["huggingface"] = $$$"""{"info": {"features": {{{features}}}}}""" };

static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

static void Write(
    string file, Compression compression, int rows, Dictionary<string, string> metadata,
    params (string Name, IArrowArray Values)[] columns)
{
    var schema = new Schema(columns.Select(column => new Field(column.Name, column.Values.Data.DataType, nullable: true)), metadata);
    var builder = new WriterPropertiesBuilder().Compression(compression);
    if (file.StartsWith("delta", StringComparison.Ordinal))
        builder = builder.DisableDictionary().Encoding("jpeg", ParquetSharp.Encoding.DeltaLengthByteArray)
            .Encoding("label", ParquetSharp.Encoding.DeltaByteArray);
    using var properties = builder.Build();
    using var arrow = new ArrowWriterPropertiesBuilder().StoreSchema().Build();
    using var writer = new FileWriter(Path.Join(Here(), file), schema, properties, arrow);
    var batch = new RecordBatch(schema, columns.Select(column => column.Values), columns[0].Values.Length);
    writer.WriteTable(Table.TableFromRecordBatches(schema, [batch]), rows);
    writer.Close();
}

static IArrowArray Images(byte[]?[] bytes, string?[] paths, int missing = -1)
{
    var type = new StructType([new Field("bytes", BinaryType.Default, true), new Field("path", StringType.Default, true)]);
    var valid = new ArrowBuffer.BitmapBuilder();
    for (var i = 0; i < bytes.Length; i++)
        valid.Append(i != missing);
    return new StructArray(type, bytes.Length, [Binary(bytes), Text(paths)], valid.Build(), missing >= 0 ? 1 : 0);
}

static IArrowArray Binary(byte[]?[] values)
{
    var builder = new BinaryArray.Builder();
    foreach (var value in values)
        _ = value is null ? builder.AppendNull() : builder.Append(value.AsSpan());
    return builder.Build();
}

static IArrowArray Text(string?[] values)
{
    var builder = new StringArray.Builder();
    foreach (var value in values)
        builder.Append(value);
    return builder.Build();
}

static IArrowArray LargeBinary(byte[]?[] values) => new LargeBinaryArray(Large(LargeBinaryType.Default, values!));

static IArrowArray LargeText(string[] values) =>
    new LargeStringArray(Large(LargeStringType.Default, [.. values.Select(System.Text.Encoding.UTF8.GetBytes)]));

static ArrayData Large(IArrowType type, byte[][] values)
{
    var offsets = new ArrowBuffer.Builder<long>().Append(0);
    var bytes = new ArrowBuffer.Builder<byte>();
    foreach (var value in values)
    {
        bytes.Append(value.AsSpan());
        offsets.Append(bytes.Length);
    }

    return new ArrayData(type, values.Length, 0, 0, [ArrowBuffer.Empty, offsets.Build(), bytes.Build()]);
}

static IArrowArray Numbers(long?[] values)
{
    var builder = new Int64Array.Builder();
    foreach (var value in values)
        builder.Append(value);
    return builder.Build();
}

static IArrowArray Floats(float[] values) => new FloatArray.Builder().AppendRange(values).Build();

static IArrowArray Lists(long[]?[] values)
{
    var builder = new ListArray.Builder(Int64Type.Default);
    foreach (var value in values)
    {
        if (value is null)
            builder.AppendNull();
        else
            ((Int64Array.Builder)builder.Append().ValueBuilder).AppendRange(value);
    }

    return builder.Build();
}
