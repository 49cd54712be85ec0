using System.Security.Cryptography;
using SkiaSharp;
using TorchSharp;
using TransferKit.Vision;
using TransferKit.Vision.Tests;

namespace TransferKit.Gpu.Tests;

/// <summary>All that a program does with a model besides training it, and what feeds it.</summary>
public sealed class UseTests
{
    private static readonly string[] Exported = ["model.safetensors", "model.onnx"];

    // The classes of a model that hasn't been trained are numbers.
    private static readonly InMemoryDataset Data =
        new(torch.randn(24, 3, 32, 32), [.. Enumerable.Range(0, 24).Select(i => i % 2)], ["0", "1"]);

    [SkippableFact]
    public void The_diagnosis_names_the_GPU()
    {
        Skip.IfNot(Gpu.IsCuda, "This is no GPU.");
        var diagnosis = TorchRuntime.Diagnose();
        diagnosis.IsCudaBuild.Should().BeTrue();
        var gpu = diagnosis.Devices.Should().Contain(device => device.Device == ComputeDevice.Cuda()).Which;
        gpu.Name.Should().NotBe("NVIDIA GPU");
        gpu.MemoryBytes.Should().BeGreaterThan(1L << 30);
    }

    [SkippableFact]
    public void A_GPU_that_is_one_too_many_is_reported_with_how_many_there_are()
    {
        Skip.IfNot(Gpu.IsCuda, "This is no GPU.");
        var act = () => ComputeDevice.Cuda(CudaDevices.Count).Resolve();
        act.Should().Throw<DeviceException>().WithMessage($"*This machine has {CudaDevices.Count} CUDA device*");
    }

    [SkippableFact]
    public void Ranks_of_a_host_take_one_GPU_after_the_other()
    {
        Skip.IfNot(Gpu.IsCuda, "This is no GPU.");
        for (var rank = 0; rank <= CudaDevices.Count; rank++)
            ComputeDevice.Auto.Resolve(rank).index.Should().Be(rank % CudaDevices.Count);
    }

    /// <summary>Of one rank, as most machines have one GPU: the functions are there, and take what they are given.</summary>
    [SkippableFact]
    public void NCCL_sums_what_libtorch_has_computed()
    {
        Skip.IfNot(Gpu.IsCuda, "This is no GPU.");
        var nccl = NcclLibrary.Find(path: null, out var obstacle);
        Skip.If(nccl is null, $"This machine {obstacle}.");
        var sums = new NcclSums(ProcessGroup.Alone, nccl, device: 0);
        using var numbers = torch.arange(100_000, torch.ScalarType.Float32, torch.device(DeviceType.CUDA, 0));
        using var values = numbers * numbers;
        sums.Follow();
        sums.AllReduce(values);
        sums.Join();
        using var next = values - numbers;
        using var expected = numbers * numbers - numbers;
        Gpu.Values(next).Should().Equal(Gpu.Values(expected));
        sums.FindFailure().Should().BeNull();
        sums.Close();
    }

    [SkippableFact]
    public void Evaluation_calibration_and_views_give_the_CPUs_numbers() => RequireTheCpusNumbers(model =>
    [
        model.Evaluate(Data).Loss, model.Evaluate(Data, new EvaluationOptions { TestTimeAugmentation = TestTimeAugmentation.Flip }).Loss,
        model.Calibrate(Data).Temperature,
    ]);

    [SkippableFact]
    public void Feature_vectors_are_the_CPUs() =>
        RequireTheCpusNumbers(model => model.ExtractFeatures(Data).ToArray().Cast<float>().Select(value => (double)value));

    [SkippableFact]
    public void Heat_maps_are_the_CPUs()
    {
        using var image = torch.randn(3, 64, 64);
        RequireTheCpusNumbers(model =>
        {
            return model.Explain(image, className: model.ClassNames[1]).Values.ToArray().Select(value => (double)value);
        });
    }

    [SkippableFact]
    public void The_search_for_a_learning_rate_gives_the_CPUs_losses() => RequireTheCpusNumbers(
        model => model.FindLearningRate(Data, new TrainingOptions { BatchSize = 8 }, low: 1e-6, high: 1e-3, steps: 10)
            .Losses, tolerance: 1e-2);

    [SkippableFact]
    public void Exported_files_are_the_CPUs_to_the_byte()
    {
        using var folder = new TemporaryFolder();
        RequireTheCpusNumbers(model =>
        {
            var files = Exported.Select(name => Path.Join(folder.Path, name)).ToArray();
            model.ExportSafeTensors(files[0]);
            model.ExportOnnx(files[1]);
            return files.SelectMany(file => SHA256.HashData(File.ReadAllBytes(file))).Select(value => (double)value);
        });
    }

    [SkippableFact]
    public void Page_locked_batches_hold_the_same_pixels()
    {
        Skip.IfNot(Gpu.IsCuda, "There is no page-locked memory without CUDA.");
        using var folder = Pictures(24);
        var data = ImageFolder.Open(folder.Path);
        var read = new ReadOptions
        {
            Preprocessing = Preprocessing.ImageNet, Order = [.. Enumerable.Range(0, data.Count)], BatchSize = 7, Augment = true,
        };
        foreach (var (pinned, plain) in data.Read(read with { PinMemory = true }).Zip(data.Read(read)))
            using (pinned)
            using (plain)
                Gpu.Values(pinned.Images).Should().Equal(Gpu.Values(plain.Images));
    }

    [SkippableFact]
    public void A_folder_trains_and_predicts_as_on_the_CPU()
    {
        using var folder = Pictures(24);
        var data = ImageFolder.Open(folder.Path);
        var options = new TrainingOptions { Epochs = 2, BatchSize = 8, Optimizer = Optimizer.Sgd(1e-4) };
        Gpu.RequireTheCpusNumbers(device =>
        {
            using var run = Plan(device).WithImageSize(96).Train(data, options);
            var file = Path.Join(folder.Path, "model.tkm");
            run.Model.Save(file);
            using var predictor = Predictor.Load(file, new PredictorOptions { Device = device, Precision = Precision.Float32 });
            var picture = Directory.EnumerateFiles(folder.Path, "*.png", SearchOption.AllDirectories).Order().First();
            return [.. run.History.Select(epoch => epoch.TrainLoss), predictor.Predict(picture).Confidence];
        }, tolerance: 2e-2);
    }

    private static TransferPlan Plan(ComputeDevice device) =>
        Backbone.ResNet18().ReplaceHead(2).UnfreezeAll().On(device).WithPrecision(Precision.Float32);

    private static void RequireTheCpusNumbers(Func<TransferModel, IEnumerable<double>> use, double tolerance = 1e-3) =>
        Gpu.RequireTheCpusNumbers(device =>
        {
            torch.manual_seed(5);
            using var model = Plan(device).Build();
            return [.. use(model)];
        }, tolerance);

    /// <summary>Pictures of noise, of two classes.</summary>
    private static TemporaryFolder Pictures(int count)
    {
        var folder = new TemporaryFolder();
        var random = new Random(1);
        for (var i = 0; i < count; i++)
        {
            using var bitmap = new SKBitmap(80, 70);
            for (var y = 0; y < bitmap.Height; y++)
                for (var x = 0; x < bitmap.Width; x++)
                    bitmap.SetPixel(x, y, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)(i % 2 * 255)));
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            folder.Write(Path.Join($"class {i % 2}", $"{i:d3}.png"), png.ToArray());
        }
        return folder;
    }
}
