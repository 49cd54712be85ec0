#!/usr/bin/env bash
# BitMiracle.LibTiff.NET 2.4.660 can neither read nor write BigTIFF in big-endian order, though it says it does (modes "wb8",
# "r").
# Guessed: it reads what libtiff reads, which it is a port of, and at least what it has written itself.
# Seen: a valid file of that kind (BigTIFF design, Aware Systems, 2007) is refused, its twin in little-endian order is read; and
# what it writes in mode "wb8" has no BigTIFF's header (the size of offsets, 8, and two zeros after the version, 43), and it
# refuses it.
#
# Needs the .NET 10 SDK.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package BitMiracle.LibTiff.NET@2.4.660
#:property PublishAot=false
using BitMiracle.LibTiff.Classic;

Console.WriteLine(Tiff.GetVersion().Split('\n')[0]);
var isSame = true;
foreach (var order in new[] { "II", "MM" })
{
    var made = $"made{order}.tif";
    File.WriteAllBytes(made, Make(order == "MM"));
    var written = $"written{order}.tif";
    Write(written, order == "MM" ? "wb8" : "wl8");
    var header = File.ReadAllBytes(written)[..8];
    Console.WriteLine($"{order}: made by the design: {Read(made)}; written by LibTiff.NET: {Read(written)}, begins with {Convert.ToHexString(header)}");
    isSame &= (Read(made), Read(written)) == (order == "MM" ? ("refused", "refused") : ("5 6 7 8", "5 6 7 8"));
}
return isSame ? 0 : 1;

// The second of two rows of four grey pixels.
static string Read(string file)
{
    using var tiff = Tiff.Open(file, "r");
    if (tiff is null)
        return "refused";
    var row = new byte[4];
    tiff.ReadScanline(row, 1);
    return string.Join(' ', row);
}

static void Write(string file, string mode)
{
    using var tiff = Tiff.Open(file, mode);
    tiff.SetField(TiffTag.IMAGEWIDTH, 4);
    tiff.SetField(TiffTag.IMAGELENGTH, 2);
    tiff.SetField(TiffTag.BITSPERSAMPLE, 8);
    tiff.SetField(TiffTag.PHOTOMETRIC, Photometric.MINISBLACK);
    tiff.SetField(TiffTag.ROWSPERSTRIP, 2);
    tiff.WriteScanline([1, 2, 3, 4], 0);
    tiff.WriteScanline([5, 6, 7, 8], 1);
}

// Header, one directory, its pixels.
static byte[] Make(bool isBigEndian)
{
    const int Short = 3, Long8 = 16;
    (int Tag, int Type, int Value)[] fields =
    [
        (256, Short, 4), (257, Short, 2), (258, Short, 8), (259, Short, 1), (262, Short, 1),
        (273, Long8, 16 + 8 + 8 * 20 + 8), (278, Short, 2), (279, Long8, 8),
    ];
    using var file = new MemoryStream();
    Put(isBigEndian ? 0x4D4D : 0x4949, 2);
    Put(43, 2);
    Put(8, 2);
    Put(0, 2);
    Put(16, 8);
    Put(fields.Length, 8);
    foreach (var (tag, type, value) in fields)
    {
        Put(tag, 2);
        Put(type, 2);
        Put(1, 8);
        Put(value, type == Short ? 2 : 8);
        Put(0, type == Short ? 6 : 0);
    }
    Put(0, 8);
    file.Write([1, 2, 3, 4, 5, 6, 7, 8]);
    return file.ToArray();

    void Put(long value, int bytes)
    {
        for (var i = 0; i < bytes; i++)
            file.WriteByte((byte)(value >> 8 * (isBigEndian ? bytes - 1 - i : i)));
    }
}
CS
dotnet run finding.cs
