// Predicts, and says what that takes: the time from the start of the process to the first answer, time and memory of many
// predictions, and whether anything of libtorch or TorchSharp was loaded. TransferKit.OnnxOnly computes in ONNX Runtime and has
// no libtorch; TransferKit.TorchOnly is the same program in libtorch. deployment.py publishes and measures both.
//
//   dotnet run -c Release --project benchmarks/TransferKit.OnnxOnly -- MODEL.onnx PICTURE [COUNT]
//   dotnet run -c Release --project benchmarks/TransferKit.TorchOnly -- MODEL.tkm PICTURE [COUNT]
//   dotnet run -c Release --project benchmarks/TransferKit.OnnxOnly -- MODEL.onnx FOLDER       see baseline/onnx_node.mjs
using System.Diagnostics;
using System.Globalization;
using TransferKit;
using TransferKit.Vision;

if (args is not [var model, var picture, .. var rest] || (rest is [var text, ..] && !(int.TryParse(text, out var number) && number >= 20)))
{
    Console.Error.WriteLine("usage: MODEL PICTURE [COUNT]   predicts one picture, then COUNT times more, 20 or above");
    return 2;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    using var predictor = Engine.Load(model);
    if (Directory.Exists(picture))
        return PrintLabels(predictor, Directory.GetFiles(picture, "*.ppm").Order(StringComparer.Ordinal));
    var prediction = predictor.Predict(picture);
    var start = DateTime.Now - Process.GetCurrentProcess().StartTime;
    Console.WriteLine($"{prediction}");
    Console.WriteLine(string.Join(' ', prediction.Top(int.MaxValue).Select(one => $"{one.Label}={one.Confidence:G9}")));
    Console.WriteLine($"first answer after {start.TotalMilliseconds:F0} ms");
    if (rest is [var count, ..])
        Repeat(predictor, picture, int.Parse(count, CultureInfo.InvariantCulture));
}
catch (TransferKitException error)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}

var loaded = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name!)
    .Concat(OperatingSystem.IsLinux() ? File.ReadLines("/proc/self/maps").Select(line => Path.GetFileName(line.Split(' ')[^1])) : [])
    .Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase) || name.StartsWith("libc10", StringComparison.Ordinal))
    .Distinct().ToList();
Console.WriteLine(loaded.Count == 0 ? "nothing of libtorch is loaded" : $"loaded: {string.Join(", ", loaded)}");
return loaded.Count > 0 == Engine.IsLibtorch ? 0 : 1;

// Half one by one and half in batches, as services and programs for folders do. The first tenth fills caches and pools.
static void Repeat(Predictor predictor, string picture, int count)
{
    var before = 0.0;
    for (var done = 0; done < count; done += count / 10)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count / 20; i++)
            predictor.Predict(picture);
        var single = clock.Elapsed.TotalMilliseconds / (count / 20);
        clock.Restart();
        foreach (var result in predictor.PredictMany(Enumerable.Repeat(picture, count / 20)))
            Debug.Assert(result.IsSuccess);
        var many = clock.Elapsed.TotalMilliseconds / (count / 20);
        var resident = Environment.WorkingSet / 1048576.0;
        before = before == 0 ? resident : before;
        Console.WriteLine($"after {done + count / 10} predictions: {resident:F0} MiB, {resident - before:+0;-0;0} since the first "
            + $"tenth; {single:F1} ms a picture one by one, {many:F1} in batches");
    }
}

static int PrintLabels(Predictor predictor, IEnumerable<string> pictures)
{
    foreach (var result in predictor.PredictMany(pictures))
        Console.WriteLine($"{Path.GetFileName(result.Image.Name)} {predictor.ClassNames.ToList().IndexOf(result.Prediction!.Label)}");
    return 0;
}
