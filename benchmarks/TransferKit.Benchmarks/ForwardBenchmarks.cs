using BenchmarkDotNet.Attributes;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>A batch of 224 px images through a whole network, in evaluation: as its layers stand, and compiled.</summary>
public class ForwardBenchmarks
{
    private TransferModel? _model;
    private CompiledLayers? _compiled;
    private torch.Tensor? _images;

    [Params("mobilenet_v2", "resnet50", "vit_b_16")]
    public string Model { get; set; } = "";

    [Params(1, 16, 32)]
    public int BatchSize { get; set; }

    [ParamsSource(nameof(Precisions))]
    public Precision Precision { get; set; }

    public static IEnumerable<Precision> Precisions => BenchmarkDevice.Precisions;

    [GlobalSetup]
    public void Setup()
    {
        _model = Backbone.Create(Model).On(BenchmarkDevice.Device).WithPrecision(Precision).Build();
        _compiled = new CompiledLayers(_model.Live, _model.Network.Steps.Count);
        _images = _model.Live.PrepareInput(torch.randn(BatchSize, 3, 224, 224)).DetachFromDisposeScope();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _compiled?.Dispose();
        _model?.Dispose();
        _images?.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Plain() => BenchmarkDevice.Wait(_model!.Forward(_images!));

    [Benchmark]
    public void Compiled()
    {
        using var images = _images!.to_type(_model!.Live.ComputeType);
        BenchmarkDevice.Wait(_compiled!.Run(images));
    }
}
