using BenchmarkDotNet.Attributes;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>One pass of a batch of 224 px images through a whole network, in evaluation.</summary>
public class ForwardBenchmarks
{
    private TransferModel? _model;
    private torch.Tensor? _images;

    [Params("mobilenet_v2", "resnet50", "vit_b_16")]
    public string Model { get; set; } = "";

    [Params(1, 16)]
    public int BatchSize { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _model = Backbone.Create(Model).Build();
        _images = torch.randn(BatchSize, 3, 224, 224);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _model?.Dispose();
        _images?.Dispose();
    }

    [Benchmark]
    public void Forward() => _model!.Forward(_images!).Dispose();
}
