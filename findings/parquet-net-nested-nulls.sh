#!/usr/bin/env bash
# Parquet.Net 6.1.0: ParquetRowGroupReader.ReadAsync of a nullable field in a nullable struct loses the places of values that are
# null while their struct isn't: later values move up into earlier rows, without an error. Files of Hugging Face's datasets library
# have such columns: image: struct<bytes, path>, where path is often null.
#
# Five rows {a: "0"}, {a: null}, null, {a: "3"}, {a: "4"}, written by Arrow C++ (ParquetSharp 25.0.1.2). Expected: 0, null, null, 3, 4.
# Seen: 0, 3, null, 4 and then an empty value. The definition levels (ReadRawAsync, ReadRawColumnDataBaseAsync) are right: 2 1 0 2 2.
# Fails if that has changed. Needs the .NET 10 SDK.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/nulls.cs" <<'CODE'
#:package Parquet.Net@6.1.0
#:package ParquetSharp@25.0.1.2
#:property PublishAot=false
using Apache.Arrow;
using Apache.Arrow.Types;
using Parquet;
using ParquetSharp.Arrow;

var path = Path.Join(args[0], "nulls.parquet");
var text = new StringArray.Builder().Append("0").AppendNull().AppendNull().Append("3").Append("4").Build();
var type = new StructType([new Field("a", StringType.Default, true)]);
var there = new ArrowBuffer.BitmapBuilder().Append(true).Append(true).Append(false).Append(true).Append(true).Build();
var schema = new Schema([new Field("s", type, true)], null);
using (var writer = new FileWriter(path, schema))
{
    writer.WriteRecordBatch(new RecordBatch(schema, [new StructArray(type, 5, [text], there, 1)], 5));
    writer.Close();
}

await using var reader = await ParquetReader.CreateAsync(path);
using var group = reader.OpenRowGroupReader(0);
var field = reader.Schema.DataFields[0];
var values = new string?[5];
await group.ReadAsync(field, values.AsMemory());
using var raw = await group.ReadRawColumnDataBaseAsync(field);
var seen = string.Join(' ', values.Select(value => value is null ? "null" : value.Length == 0 ? "empty" : value));
var levels = string.Join(' ', raw.DefinitionLevels.ToArray());
Console.WriteLine($"rows: {seen}; definition levels: {levels}");
return seen == "0 3 null 4 empty" && levels == "2 1 0 2 2" ? 0 : 1;
CODE
cd "$folder"
dotnet run nulls.cs -- "$folder"
