#!/usr/bin/env bash
# libtorch 2.10.0 on an Intel processor with AVX512_BF16 but without AMX, as virtual machines often show Sapphire and Emerald Rapids:
# bfloat16 is slower than float32, though oneDNN 3.7.1 takes its kernels for AVX512_BF16 (ONEDNN_VERBOSE=1 names
# brg_matmul:avx512_core_bf16). The instruction takes twice as many numbers, but fewer of them begin in a cycle.
# Seen on an Emerald Rapids, processor time on one thread, bfloat16 / float32: 4176 x 384 times 384 x 1536 1.88, a 3 x 3 convolution of
# 256 channels on 14 x 14, channels last, 1.80 to 1.86.
#
# Needs such a processor (elsewhere it says so and does nothing) and the .NET 8 SDK or newer on x64 Linux; also Perl and GCC where the
# system's libstdc++ is older than GCC 13's. Takes half a minute, after the packages have come (200 MB).
set -euo pipefail
flags=$(grep -m1 '^flags' /proc/cpuinfo)
if ! grep -q GenuineIntel /proc/cpuinfo || [[ $flags != *avx512_bf16* || $flags == *amx_bf16* ]]; then
  echo "skipped: not an Intel processor with AVX512_BF16 and without AMX"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
version=$(dotnet --version)
cat > finding.csproj <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net${version%%.*}.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="TorchSharp" Version="0.107.0" />
    <PackageReference Include="libtorch-cpu-linux-x64" Version="2.10.0" />
  </ItemGroup>
</Project>
XML
cat > Program.cs <<'CS'
using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

set_num_threads(1);
using var noGrad = no_grad();
var isSlower = true;
foreach (var (name, compute) in new (string, Func<ScalarType, Func<Tensor>>)[] { ("matrices", Matrices), ("convolution", Convolution) })
{
    var (single, half) = (Time(compute(ScalarType.Float32)), Time(compute(ScalarType.BFloat16)));
    Console.WriteLine(FormattableString.Invariant($"libtorch {__version__}, {name}: bfloat16 / float32 {half / single:F2}"));
    isSlower &= half > single;
}
return isSlower ? 0 : 1;

static Func<Tensor> Matrices(ScalarType type)
{
    var (x, w) = (randn(4176, 384).to(type), randn(1536, 384).to(type));
    return () => nn.functional.linear(x, w);
}

static Func<Tensor> Convolution(ScalarType type)
{
    var x = randn(8, 14, 14, 256).to(type).permute(0, 3, 1, 2);
    var w = randn(256, 3, 3, 256).to(type).permute(0, 3, 1, 2);
    return () => nn.functional.conv2d(x, w, padding: [1]);
}

// The least processor time of 20 calls: other programs disturb it less than the clock's.
static double Time(Func<Tensor> compute)
{
    using var process = Process.GetCurrentProcess();
    compute().Dispose();
    return Enumerable.Range(0, 20).Min(_ =>
    {
        process.Refresh();
        var before = process.TotalProcessorTime;
        for (var i = 0; i < 4; i++)
            compute().Dispose();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMilliseconds;
    });
}
CS
dotnet build -c Release -o out >build.log || { cat build.log; exit 1; }
# Of GCC 13's libstdc++, TorchSharp's library needs one function, which does nothing. An older one gets it from us, under an
# older version's name and hash.
if ! grep -q GLIBCXX_3.4.32 "$(ldconfig -p | awk '/libstdc\+\+\.so\.6 .*x86-64/ { print $NF; exit }')"; then
  perl -0777 -pi -e 's/GLIBCXX_3\.4\.32\0/GLIBCXX_3.4.30\0/; s/\x42\xf8\x97\x02/\x40\xf8\x97\x02/' out/runtimes/linux-x64/native/libLibTorchSharp.so
  echo 'void _ZSt21ios_base_library_initv(void) {}' | gcc -shared -fPIC -x c - -o none.so
  export LD_PRELOAD=$PWD/none.so
fi
dotnet out/finding.dll
