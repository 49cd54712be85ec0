using System.Diagnostics;
using System.Globalization;
using TransferKit;
using TransferKit.Fuzz;

switch (args)
{
    case [ResumableRun.Command, var folder]:
        return Train(folder);
    case [DistributedRun.Command, var folder, var fault]:
        return DistributedRun.Train(folder, Enum.Parse<Fault>(fault));
    case [DistributedAnswers.Command, var folder]:
        return DistributedAnswers.Answer(folder);
    case [GpuRun.Command, var folder, var library, var way]:
        return GpuRun.Sum(folder, library, Enum.Parse<GpuWay>(way));
    case ["ranks", var launcher, .. var rest]:
        return Ranks(launcher, rest);
    case ["resume", .. var rest]:
        return Resume(rest);
    case ["collect", .. var rest]:
        return Collect(rest);
    case ["jpeg", var inputs, var firstSeed, .. var paths]:
        return Report(() => JpegTrial.Run(Number(inputs), Number(firstSeed), FilesOf(paths)));
}

if (args.Length < 4
    || !int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
    || !int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
{
    Console.Error.WriteLine("usage: TransferKit.Fuzz COUNT SEED REPORT FILE|FOLDER...   damages weights files and reads them");
    Console.Error.WriteLine("       TransferKit.Fuzz resume [KILLS [SEED]]            kills training runs and goes on with them");
    Console.Error.WriteLine("       TransferKit.Fuzz ranks MPIRUN [RANKS [KILLS [SEED]]]   kills ranks of training runs");
    Console.Error.WriteLine("       TransferKit.Fuzz collect [CALLS]                  trains while garbage is collected");
    Console.Error.WriteLine("       TransferKit.Fuzz jpeg COUNT SEED FILE|FOLDER...   damages JPEGs and decodes them");
    return 2;
}

TorchRuntime.EnsureLoaded();
var sources = FilesOf(args[3..])
    .Where(path => new FileInfo(path).Length > 100 && !Path.GetFileName(path).StartsWith("LICENSE", StringComparison.Ordinal))
    .OrderBy(Path.GetFileName, StringComparer.Ordinal)
    .ToArray();
var outcomes = new Outcomes();
var begun = new long[2];
var working = Directory.CreateTempSubdirectory("transferkit-fuzz");
var atStart = Environment.WorkingSet;
using var watch = new Timer(_ => Watch(), null, 1000, 1000);
try
{
    var workers = Enumerable.Range(0, begun.Length).Select(worker => new Thread(() => Work(worker))).ToList();
    workers.ForEach(thread => thread.Start());
    workers.ForEach(thread => thread.Join());
}
finally
{
    working.Delete(recursive: true);
}

var command = $"dotnet run -c Release --project benchmarks/TransferKit.Fuzz -- {string.Join(' ', args)}";
File.WriteAllText(args[2], outcomes.Page(count, seed, command));
foreach (var failure in outcomes.Failures.Take(20))
    Console.Error.WriteLine(failure);
Console.WriteLine($"{count} inputs, {outcomes.Failures.Count} failures; see {args[2]}");
return outcomes.Failures.IsEmpty ? 0 : 1;

static int Train(string folder)
{
    try
    {
        ResumableRun.Train(folder);
        return 0;
    }
    catch (TransferKitException error)
    {
        Console.Error.WriteLine($"{error.GetType().Name}: {error.Message}");
        return 1;
    }
}

static int Resume(string[] args)
{
    var kills = args.Length > 0 ? Number(args[0]) : 50;
    var seed = args.Length > 1 ? Number(args[1]) : 0;
    return InFolder(folder => $"{ResumeTrial.Run(kills, seed, folder)}");
}

static int Ranks(string launcher, string[] args)
{
    var ranks = args.Length > 0 ? Number(args[0]) : 2;
    var kills = args.Length > 1 ? Number(args[1]) : 30;
    var seed = args.Length > 2 ? Number(args[2]) : 0;
    return InFolder(folder => DistributedTrial.Run(launcher, ranks, kills, seed, folder));
}

static int Collect(string[] args)
{
    var calls = args.Length > 0 ? Number(args[0]) : 100_000;
    TorchRuntime.EnsureLoaded();
    return InFolder(folder => CollectionTrial.Run(calls, pause: 0, folder));
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static IEnumerable<string> FilesOf(IEnumerable<string> paths) =>
    paths.SelectMany(path => Directory.Exists(path) ? Directory.GetFiles(path) : [path]);

static int InFolder(Func<string, string> trial)
{
    var folder = Directory.CreateTempSubdirectory("transferkit-trial");
    try
    {
        return Report(() => trial(folder.FullName));
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

static int Report(Func<string> trial)
{
    try
    {
        Console.WriteLine(trial());
        return 0;
    }
    catch (InvalidOperationException error)
    {
        Console.Error.WriteLine(error.Message);
        return 1;
    }
}

// Every worker has copies of its own; which worker has an input does not change it. Real weights, which are few beside the
// many small files, have every other turn.
void Work(int worker)
{
    var folder = working.CreateSubdirectory($"{worker}");
    var all = sources.Select(source => new Specimen(source, folder.FullName)).ToArray();
    var (real, small) = (all.Where(IsReal).ToArray(), all.Where(specimen => !IsReal(specimen)).ToArray());
    for (var number = worker; number < count; number += begun.Length)
    {
        Volatile.Write(ref begun[worker], Stopwatch.GetTimestamp());
        var turn = number / begun.Length;
        var kind = small.Length == 0 || (turn % 2 == 0 && real.Length > 0) ? real : small;
        Try(kind[turn / 2 % kind.Length], number);
    }

    Volatile.Write(ref begun[worker], 0);
    foreach (var specimen in all)
        specimen.Dispose();

    static bool IsReal(Specimen specimen) => specimen.Whole.Length > 1 << 20;
}

void Try(Specimen specimen, int number)
{
    var allocated = GC.GetAllocatedBytesForCurrentThread();
    var clock = Stopwatch.StartNew();
    var refused = false;
    specimen.WhileDamaged(Mutation.Of(specimen.Whole, seed, number, Mutation.PickleOpcodes), path =>
    {
        try
        {
            Read(path, number);
        }
        catch (WeightsException error) when (!error.Message.Contains('\n', StringComparison.Ordinal))
        {
            refused = true;
        }
        catch (Exception error)
        {
            outcomes.Failures.Enqueue($"input {number} ({specimen.Name}): {error}");
        }
    });
    outcomes.Count(specimen.Name, refused, clock.Elapsed, GC.GetAllocatedBytesForCurrentThread() - allocated);
}

// As a model would: only tensors of a size that a model has are copied. All of them in every eighth input, to save time.
void Read(string path, int number)
{
    const long MaxElements = 1 << 24;
    using var file = WeightsFile.Open(path);
    var tensors = file.Tensors.Values
        .Where(tensor => tensor.Shape.Aggregate((Int128)1, (product, size) => product * size) <= MaxElements);
    foreach (var tensor in number % 8 == 0 ? tensors : tensors.Take(4))
        tensor.Read().Dispose();
}

void Watch()
{
    if (begun.Any(start => start > 0 && Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(10)))
        Environment.FailFast("An input takes longer than 10 s.");
    if (Environment.WorkingSet - atStart > 1L << 30)
        Environment.FailFast("The process has grown by a gigabyte.");
}
