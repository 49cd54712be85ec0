#!/usr/bin/env bash
# libtorch 2.10.0 for x64 gives other last bits from call to call for the same numbers, in one process, on a CPU: the gradient of a
# 1 x 1 convolution of one image of one pixel, 144 <- 576 channels, with 2 threads. That is known of GPUs and of other numbers of
# threads; here nothing differs but where the tensors lie. Batches of two and more were the same each time.
# Seen: four results in 2,000 calls. With MKL_CBWR=AUTO (MKL's conditional numerical reproducibility) there is one.
#
# Needs the .NET 8 SDK or newer and two cores on x64 Linux; also Perl and GCC where the system's libstdc++ is older than GCC 13's. Takes
# a minute, after the packages have come (200 MB).
set -euo pipefail
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
using TorchSharp;
using static TorchSharp.torch;

set_num_threads(2);
manual_seed(0);
// One gradient of 144 numbers, back through a 1 x 1 convolution of 576 channels.
var (weight, gradient, garbage) = (rand(144, 576) - 0.5, rand(144) - 0.5, new List<Tensor>());
var seen = new Dictionary<string, int>();
for (var i = 0; i < 2000; i++)
{
    // Only what memory lies where differs from one time to the next.
    garbage.Add(zeros(Random.Shared.Next(1, 3000)));
    using var x = zeros(1, 576, 1, 1).requires_grad_(true);
    using var w = weight.view(144, 576, 1, 1).clone();
    using var y = nn.functional.conv2d(x, w);
    using var g = gradient.view(1, 144, 1, 1).clone();
    y.backward([g]);
    using var result = x.grad!;
    var bits = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(result.bytes.ToArray()));
    seen[bits] = seen.GetValueOrDefault(bits) + 1;
}
var mode = Environment.GetEnvironmentVariable("MKL_CBWR") ?? "unset";
Console.WriteLine($"libtorch {__version__}, 2 threads, MKL_CBWR {mode}: {seen.Count} results of one computation, "
    + $"{string.Join(", ", seen.Values.OrderDescending())} times each");
return seen.Count > 1 == (mode == "unset") ? 0 : 1;
CS
dotnet build -c Release -o out >build.log || { cat build.log; exit 1; }
# Of GCC 13's libstdc++, TorchSharp's library needs one function, which does nothing. An older one gets it from us, under an
# older version's name and hash.
if ! grep -q GLIBCXX_3.4.32 "$(ldconfig -p | awk '/libstdc\+\+\.so\.6 .*x86-64/ { print $NF; exit }')"; then
  perl -0777 -pi -e 's/GLIBCXX_3\.4\.32\0/GLIBCXX_3.4.30\0/; s/\x42\xf8\x97\x02/\x40\xf8\x97\x02/' out/runtimes/linux-x64/native/libLibTorchSharp.so
  echo 'void _ZSt21ios_base_library_initv(void) {}' | gcc -shared -fPIC -x c - -o none.so
  export LD_PRELOAD=$PWD/none.so
fi
env -u MKL_CBWR dotnet out/finding.dll
MKL_CBWR=AUTO dotnet out/finding.dll
