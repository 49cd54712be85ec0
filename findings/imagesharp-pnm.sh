#!/usr/bin/env bash
# ImageSharp 2.1.13 reads most PGMs whose maximum is not 255 wrongly, without a word. By the format (Netpbm, pgm(5)) a sample is
# a fraction of the header's maximum, and where that is above 255 two bytes, the most significant first.
# Guessed: samples are scaled to 0 to 255 or 65535, as netpbm and Pillow do.
# Seen: they are multiplied by the whole number of times that the maximum goes into 255, so that the white of a maximum of 100
# is 200, and of a maximum of 200 it is 200, while 15 is right; and two-byte samples are taken least significant byte first.
#
# Needs the .NET 10 SDK.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package SixLabors.ImageSharp@2.1.13
#:property PublishAot=false
using System.Reflection;
using System.Text;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

var version = typeof(Image).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
var isSame = true;
Check(15, [15], 255);
Check(100, [50], 100, 128);
Check(100, [100], 200, 255);
Check(200, [200], 200, 255);
Check(65535, [0x12, 0x34], 0x34, 0x12);
Console.WriteLine($"ImageSharp {version}");
return isSame ? 0 : 1;

// One binary grey pixel, in eight bits.
void Check(int maximum, byte[] sample, byte expected, byte right = 255)
{
    using var image = Image.Load<L8>([.. Encoding.ASCII.GetBytes($"P5\n1 1\n{maximum}\n"), .. sample]);
    var seen = image[0, 0].PackedValue;
    Console.WriteLine($"maximum {maximum}, sample bytes {Convert.ToHexString(sample)}: {seen}, by the format {right}");
    isSame &= seen == expected;
}
CS
dotnet run finding.cs
