#!/usr/bin/env bash
# TorchSharp 0.107.0 frees numbers while libtorch reads them. Tensor.add_(Tensor) makes a Scalar of 1, takes its native address
# and calls libtorch; nothing keeps the Scalar alive until the call returns, and its finalizer frees what the address points to.
# Seen: with another thread that collects garbage, some calls in a hundred thousand throw "Expected false to be true" or
# "Unknown scalar type". With one Scalar that a static field holds, none does. The same holds of a + b, a * 2.0, a.div(2),
# a.square() and of every other method that takes or makes a Scalar.
#
# Needs the .NET 8 SDK or newer on x64 Linux; also Perl and GCC where the system's libstdc++ is older than GCC 13's. Takes
# 3 to 6 minutes, after the packages have come (200 MB).
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
using System.Runtime.InteropServices;
using TorchSharp;

torch.set_num_threads(1);
Scalar one = 1;
var (sum, ones) = (torch.zeros(4), torch.ones(4));
var made = Count(() => sum.add_(ones), long.MaxValue);
var kept = Count(() => sum.add_(ones, one), made.Calls);
GC.KeepAlive(one);
Console.WriteLine($"{typeof(torch).Assembly.GetName().Version}: add_(tensor): {made.Failed} of {made.Calls} calls failed{(made.Message is { } text ? $" ({text})" : "")}; "
    + $"add_(tensor, kept scalar): {kept.Failed} of {kept.Calls}");
return made.Failed > 0 && kept.Failed == 0 ? 0 : 1;

// Ends after so many calls, after ten that failed, or after three minutes.
static (long Calls, long Failed, string? Message) Count(Action call, long most)
{
    var isOver = false;
    var collector = new Thread(() =>
    {
        while (!Volatile.Read(ref isOver))
            GC.Collect(0);
    });
    collector.Start();
    var (calls, failed, message, end) = (0L, 0L, (string?)null, DateTime.UtcNow.AddMinutes(3));
    for (; calls < most && failed < 10 && DateTime.UtcNow < end; calls++)
        try
        {
            call();
        }
        catch (ExternalException error)
        {
            failed++;
            message ??= error.Message.Split('\n')[0];
        }
    Volatile.Write(ref isOver, true);
    collector.Join();
    return (calls, failed, message);
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
