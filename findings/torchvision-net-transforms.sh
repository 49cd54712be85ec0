#!/usr/bin/env bash
# TorchVision 0.107.0, TorchSharp's: Resize and RandomResizedCrop pick single pixels, and CenterCrop cuts a pixel beside
# PyTorch's.
# Guessed: what torchvision does under these names: bilinear with antialiasing, and an offset of round((height - size) / 2).
# Seen: Resize's interpolation is Nearest unless told otherwise, and RandomResizedCrop and resized_crop, which take no
# interpolation, have nothing else: black and white columns halved are black. CenterCrop(3) of 6 rows starts at row 1, where
# PyTorch's starts at row 2: Python rounds 1.5 to 2. For 7 rows (offset 2) and 5 rows (offset 1) both cut the same.
#
# Needs the .NET 10 SDK on x64 Linux; also Perl and GCC where the system's libstdc++ is older than GCC 13's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package TorchVision@0.107.0
#:package libtorch-cpu-linux-x64@2.10.0
#:property PublishAot=false
using TorchSharp;
using static TorchSharp.torchvision;

var columns = (torch.arange(64, dtype: torch.float32) % 2 * 255).expand(1, 3, 64, 64).contiguous();
var resized = Distinct(transforms.Resize(32, 32).call(columns));
var cropped = Distinct(transforms.RandomResizedCrop(32, 32, 1, 1, 1, 1).call(columns));
var bilinear = Distinct(transforms.Resize(32, 32, torch.InterpolationMode.Bilinear).call(columns));
int[] offsets = [.. new[] { 5, 6, 7 }.Select(rows => (int)transforms.CenterCrop(3, 3).call(
    torch.arange(rows, dtype: torch.float32).view(1, 1, rows, 1).expand(1, 1, rows, rows))[0, 0, 0, 0].item<float>())];
Console.WriteLine($"TorchVision {typeof(torchvision).Assembly.GetName().Version}");
Console.WriteLine($"columns halved: Resize {resized}, RandomResizedCrop {cropped}, Resize with Bilinear {bilinear}");
Console.WriteLine($"CenterCrop(3) of 5, 6, 7 rows starts at {string.Join(", ", offsets)}; PyTorch's at 1, 2, 2");
return (resized, cropped, bilinear) == ("0", "0", "127.5") && offsets is [1, 1, 2] ? 0 : 1;

static string Distinct(torch.Tensor pixels) => string.Join(' ', pixels.data<float>().Distinct());
CS
dotnet build finding.cs -o out >build.log || { cat build.log; exit 1; }
# Of GCC 13's libstdc++, TorchSharp's library needs one function, which does nothing. An older one gets it from us, under an
# older version's name and hash.
if ! grep -q GLIBCXX_3.4.32 "$(ldconfig -p | awk '/libstdc\+\+\.so\.6 .*x86-64/ { print $NF; exit }')"; then
  perl -0777 -pi -e 's/GLIBCXX_3\.4\.32\0/GLIBCXX_3.4.30\0/; s/\x42\xf8\x97\x02/\x40\xf8\x97\x02/' out/runtimes/linux-x64/native/libLibTorchSharp.so
  echo 'void _ZSt21ios_base_library_initv(void) {}' | gcc -shared -fPIC -x c - -o none.so
  export LD_PRELOAD=$PWD/none.so
fi
dotnet out/finding.dll
