using BenchmarkDotNet.Attributes;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// Forward and backward pass of a batch of 224 px images, and the optimizer's step, with everything or the last stage trained.
/// </summary>
public class TrainingBenchmarks
{
    private TransferModel? _model;
    private FrozenPrefix? _prefix;
    private UpdateRule? _optimizer;
    private torch.Tensor? _images, _labels;

    [Params("mobilenet_v2", "resnet50", "vit_b_16")]
    public string Model { get; set; } = "";

    [Params(1, 16, 32)]
    public int BatchSize { get; set; }

    [ParamsSource(nameof(Precisions))]
    public Precision Precision { get; set; }

    [Params(true, false)]
    public bool LastStageOnly { get; set; }

    public static IEnumerable<Precision> Precisions => BenchmarkDevice.Precisions;

    [GlobalSetup]
    public void Setup()
    {
        var plan = Backbone.Create(Model).ReplaceHead(2).On(BenchmarkDevice.Device).WithPrecision(Precision);
        _model = (LastStageOnly ? plan.FreezeAll().UnfreezeLast(1) : plan.UnfreezeAll()).Build();
        _prefix = FrozenPrefix.Of(_model.Network, _model.Plan.BatchNorm);
        _prefix.Compile(_model.Live);
        _prefix.EnterTraining();
        var optimizer = Optimizer.Sgd();
        _optimizer = optimizer.Begin(ParameterGroup.Of(_model.Network, optimizer, LearningRates.Uniform));
        _images = _model.Live.PrepareInput(torch.randn(BatchSize, 3, 224, 224)).DetachFromDisposeScope();
        _labels = torch.zeros(BatchSize, dtype: torch.int64, device: _model.Live.Device);
        ForwardAndBackward();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _optimizer?.Dispose();
        _prefix?.Dispose();
        _model?.Dispose();
        _images?.Dispose();
        _labels?.Dispose();
    }

    [Benchmark]
    public void ForwardAndBackward()
    {
        using var scope = torch.NewDisposeScope();
        var features = _prefix!.Features(_images!.to_type(_model!.Live.ComputeType));
        var loss = torch.nn.functional.cross_entropy(TensorOperations.Forward(_prefix.Trained, features).to_type(torch.float32), _labels!);
        loss.backward();
        loss.item<float>();
    }

    [Benchmark]
    public void OptimizerStep()
    {
        _optimizer!.Step(factor: 1e-9);
        BenchmarkDevice.Wait(_optimizer.Groups[0].Weights[0].Value.detach().flatten().narrow(0, 0, 1).clone());
    }
}
