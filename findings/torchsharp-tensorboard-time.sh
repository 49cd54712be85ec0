#!/usr/bin/env bash
# TorchSharp 0.107.0: SummaryWriter begins its file with an event of .NET's ticks for a time, and has ticks in the file's name
# too; TensorBoard wants seconds since 1970 (event.proto: wall_time) in both.
# Guessed: all events have seconds, as those of add_scalar do.
# Seen: the first event's time is some 6.4e17 seconds, 20 billion years from now; those of the scalars are seconds. TensorBoard
# counts relative time from a run's first scalar, which is right; a reader that takes the first event for the start of the run
# is lost, and so is one that merges files of PyTorch's and TorchSharp's in the order of their names.
#
# Needs the .NET 10 SDK on x64 Linux; also Perl and GCC where the system's libstdc++ is older than GCC 13's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package TorchSharp@0.107.0
#:package libtorch-cpu-linux-x64@2.10.0
#:property PublishAot=false
using TorchSharp;

var writer = torch.utils.tensorboard.SummaryWriter("run", createRunName: false);
writer.add_scalar("loss", 0.5f, 1);
var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
var file = Directory.GetFiles("run").Single();

// A record is its length (8 bytes), a checksum (4), the event, a checksum (4); an event begins with field 1, a double: its time.
var bytes = File.ReadAllBytes(file);
var times = new List<double>();
for (var at = 0; at < bytes.Length; at += 16 + (int)BitConverter.ToInt64(bytes, at))
    times.Add(bytes[at + 12] == 9 ? BitConverter.ToDouble(bytes, at + 13) : 0);
var name = double.Parse(Path.GetFileName(file).Split('.')[3]);
Console.WriteLine($"TorchSharp {typeof(torch).Assembly.GetName().Version}, now {now}: in the name {name}, of the first event {times[0]}, of the scalar {times[1]}");
return name > 1e17 && times[0] > 1e17 && Math.Abs(times[1] - now) < 100 ? 0 : 1;
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
