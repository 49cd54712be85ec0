#!/usr/bin/env python3
"""How fast this tree is beside an earlier commit: a program's start, forward passes of whole networks and the sample's training.

    benchmarks/before_after.py COMMIT [--models resnet50,vit_b_16] [--batches 1,16] [--rounds 15] [--seconds 20] [--data FOLDER]

Builds both (the earlier one in a temporary folder) and prints a Markdown table. Both programs live side by side and take turns,
one forward pass each, so that whatever the machine does besides meets both; the ratio is the median of those of neighbors, with
its 95 % interval (by order statistics). The commit of this tree itself shows what the machine can tell apart.
With --data, also trains samples/Flowers on that folder of photos: ResNet-18, last stage and head, two epochs, random weights.
"""
import argparse, json, pathlib, statistics, subprocess, sys, tempfile, time

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
        model.Forward(images).Dispose();
        // The other side's program runs whenever this one waits for its next line.
        for (Console.WriteLine($"{name}, batch {batch}, ms"); Console.ReadLine() == "again";)
        {
            var clock = Stopwatch.StartNew();
            model.Forward(images).Dispose();
            Console.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalMilliseconds:F3}"));
        }
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


def train(tree, data, folder):
    report = folder / "report.json"
    call(tree / "samples/Flowers/bin/Release/net10.0/Flowers", "--data", data, "--model", "resnet18", "--weights", "none",
         "--unfreeze", "layer4,fc", "--epochs", 2, "--quiet", "--save", folder / "model.tkm", "--json", report)
    return json.loads(report.read_text())["total_seconds"]


def row(name, pairs):
    ratios = sorted(new / old for old, new in pairs)
    count = len(ratios)
    # The ranks between which the median lies in 95 of 100 cases: 1.96 deviations of a binomial distribution.
    low = max(0, int((count - 1.96 * count ** 0.5) / 2))
    old, new = (statistics.median(side) for side in zip(*pairs))
    print(f"| {name} | {old:.2f} | {new:.2f} | {statistics.median(ratios):.3f} | {ratios[low]:.3f} to {ratios[-1 - low]:.3f} | {count} |",
          flush=True)


def forward(programs, arguments):
    processes = [subprocess.Popen([program, arguments.models, arguments.batches], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) for program in programs]

    def answer(process, line):
        if line:
            process.stdin.write(line + "\n")
            process.stdin.flush()
        return process.stdout.readline().strip()

    names = [answer(process, None) for process in processes]
    while names[0]:
        pairs, end = [], time.monotonic() + arguments.seconds
        while time.monotonic() < end or len(pairs) < 5:
            order = processes if len(pairs) % 2 == 0 else processes[::-1]
            times = {process: float(answer(process, "again")) for process in order}
            pairs.append([times[process] for process in processes])
        row(names[0], pairs)
        names = [answer(process, "next") for process in processes]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit")
    parser.add_argument("--models", default="resnet50,vit_b_16,swin_t")
    parser.add_argument("--batches", default="1,16")
    parser.add_argument("--rounds", type=int, default=15, help="of starts; of trainings a fifth")
    parser.add_argument("--seconds", type=float, default=20, help="of forward passes, for each model and batch size")
    parser.add_argument("--data")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        before = folder / "tree"
        call("git", "-C", HERE, "worktree", "add", "--detach", before, arguments.commit)
        try:
            programs = [build(tree, folder / name, bool(arguments.data)) for tree, name in ((before, "before"), (HERE, "after"))]
            print(f"| | before ({arguments.commit}) | now | now / before | 95 % | pairs |\n|---|---|---|---|---|---|", flush=True)
            row("start to ResNet-18's first answer, s",
                [[float(call(program)) for program in programs] for _ in range(arguments.rounds)])
            forward(programs, arguments)
            if arguments.data:
                row("flowers job, s", [[train(tree, arguments.data, folder) for tree in (before, HERE)]
                                       for _ in range(max(1, arguments.rounds // 5))])
        finally:
            call("git", "-C", HERE, "worktree", "remove", "--force", before)


if __name__ == "__main__":
    main()
