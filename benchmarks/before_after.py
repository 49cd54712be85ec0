#!/usr/bin/env python3
"""How fast this tree is beside an earlier commit: a program's start, forward passes of whole networks and the sample's training,
alternating on one machine. The least times count: whatever else a machine does only adds to them.

    benchmarks/before_after.py COMMIT [--models resnet50,vit_b_16] [--batches 1,16] [--rounds 5] [--data FOLDER]

Builds both (the earlier one in a temporary folder), runs them in turn, and prints times and ratios as a Markdown table.
With --data, also trains samples/Flowers on that folder of photos: ResNet-18, last stage and head, two epochs, random weights.
"""
import argparse, json, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent
PROJECT = """<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
    <InvariantGlobalization>true</InvariantGlobalization>
    <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
  </PropertyGroup>
  <ItemGroup>
    <ProjectReference Include="{tree}/src/TransferKit/TransferKit.csproj" />
    <PackageReference Include="libtorch-cpu-linux-x64" Version="{libtorch}" />
  </ItemGroup>
</Project>
"""
# Only what was public from the beginning.
PROGRAM = """using System.Diagnostics;
using TorchSharp;
using TransferKit;

if (args.Length == 0)
{
    using var small = Backbone.Create("resnet18").Build();
    using var image = torch.zeros(1, 3, 224, 224);
    small.Forward(image).Dispose();
    Console.WriteLine(FormattableString.Invariant($"{(DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds:F3}"));
    return;
}
foreach (var name in args[0].Split(','))
{
    using var model = Backbone.Create(name).WithPrecision(Precision.Float32).On(ComputeDevice.Cpu).Build();
    foreach (var batch in args[1].Split(',').Select(int.Parse))
    {
        using var images = torch.randn(batch, 3, 224, 224);
        var times = new List<double>();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 4 || times.Count < 4;)
        {
            var start = clock.Elapsed.TotalMilliseconds;
            model.Forward(images).Dispose();
            times.Add(clock.Elapsed.TotalMilliseconds - start);
        }
        Console.WriteLine(FormattableString.Invariant($"{name}, batch {batch}, ms\\t{times.Min():F2}"));
    }
}
"""


def call(*command, **options):
    print("+", *map(str, command), file=sys.stderr, flush=True)
    return subprocess.run(list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def build(tree, folder, with_sample):
    """The program that runs forward passes with a tree's library."""
    folder.mkdir()
    versions = (tree / "Directory.Packages.props").read_text()
    libtorch = versions.split('"libtorch-cpu-linux-x64" Version="')[1].split('"')[0]
    (folder / "Forward.csproj").write_text(PROJECT.format(tree=tree, libtorch=libtorch))
    (folder / "Program.cs").write_text(PROGRAM)
    call("dotnet", "build", "-c", "Release", "-v", "quiet", "-o", folder / "out", folder)
    if with_sample:
        call("dotnet", "build", "-c", "Release", "-v", "quiet", tree / "samples/Flowers")
    return folder / "out/Forward"


def measure(tree, program, arguments, folder):
    times = {"start to ResNet-18's first answer, s": min(float(call(program)) for _ in range(5))}
    lines = call(program, arguments.models, arguments.batches).splitlines()
    times |= {name: float(value) for name, value in (line.split("\t") for line in lines)}
    if arguments.data:
        report = folder / "report.json"
        call(tree / "samples/Flowers/bin/Release/net10.0/Flowers", "--data", arguments.data, "--model", "resnet18",
             "--weights", "none", "--unfreeze", "layer4,fc", "--epochs", 2, "--quiet",
             "--save", folder / "model.tkm", "--json", report)
        times["flowers job, s"] = json.loads(report.read_text())["total_seconds"]
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit")
    parser.add_argument("--models", default="resnet50,vit_b_16,swin_t")
    parser.add_argument("--batches", default="1,16")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        before = folder / "tree"
        call("git", "-C", HERE, "worktree", "add", "--detach", before, arguments.commit)
        try:
            sides = [(tree, build(tree, folder / name, bool(arguments.data)))
                     for tree, name in ((before, "before"), (HERE, "after"))]
            rounds = [[measure(*side, arguments, folder) for side in sides] for _ in range(arguments.rounds)]
        finally:
            call("git", "-C", HERE, "worktree", "remove", "--force", before)
    print(f"| | before ({arguments.commit}) | now | now / before | of single rounds |\n|---|---|---|---|---|")
    for name in rounds[0][0]:
        old, new = (min(pair[side][name] for pair in rounds) for side in (0, 1))
        ratios = sorted(new[name] / old[name] for old, new in rounds)
        print(f"| {name} | {old:.2f} | {new:.2f} | {new / old:.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |")


if __name__ == "__main__":
    main()
