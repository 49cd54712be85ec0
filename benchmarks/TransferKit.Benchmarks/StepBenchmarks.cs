using BenchmarkDotNet.Attributes;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// A batch of 224 px images on the device: through the whole network, and there and back, and with the optimizer's step; to put
/// beside <c>gpu/pytorch_steps.py</c>. Several in a row, as training makes them, and waited for at the end alone.
/// </summary>
public class StepBenchmarks
{
    /// <summary>Batches an invocation.</summary>
    public const int InARow = 4;

    private TransferModel? _model;
    private CompiledLayers? _compiled;
    private FrozenPrefix? _prefix;
    private UpdateRule? _optimizer;
    private torch.Tensor? _images, _labels;

    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    [ParamsSource(nameof(Batches))]
    public int Batch { get; set; }

    /// <summary>float32, tf32 or bfloat16.</summary>
    [Params("float32", "tf32", "bfloat16")]
    public string Numbers { get; set; } = "";

    public static IEnumerable<string> Models { get; set; } = ["resnet50", "mobilenet_v2", "vit_b_16"];

    public static IEnumerable<int> Batches { get; set; } = [32, 256];

    [GlobalSetup(Target = nameof(Forward))]
    public void ForInference()
    {
        Build(plan => plan);
        _compiled = new CompiledLayers(_model!.Live, _model!.Network.Steps.Count);
        Forward();
    }

    [GlobalSetup(Targets = [nameof(Backward), nameof(Step)])]
    public void ForEverything()
    {
        Build(plan => plan.UnfreezeAll());
        Step();
    }

    [GlobalSetup(Target = nameof(HeadStep))]
    public void ForTheHead()
    {
        Build(plan => plan.FreezeAll());
        Step();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _optimizer?.Dispose();
        _prefix?.Dispose();
        _compiled?.Dispose();
        _model?.Dispose();
        _images?.Dispose();
        _labels?.Dispose();
    }

    /// <summary>Inference with all layers compiled.</summary>
    [Benchmark(OperationsPerInvoke = InARow)]
    public void Forward() => Repeat(() => _compiled!.Run(_images!.to_type(_model!.Live.ComputeType)));

    /// <summary>Forward and backward pass with all layers trained.</summary>
    [Benchmark(OperationsPerInvoke = InARow)]
    public void Backward() => Repeat(() =>
    {
        var loss = Loss();
        _optimizer!.ClearGradients();
        return loss;
    });

    /// <summary>The same with the optimizer's step.</summary>
    [Benchmark(OperationsPerInvoke = InARow)]
    public void Step() => Repeat(() =>
    {
        var loss = Loss();
        _optimizer!.Step(factor: 1e-9);
        _optimizer.ClearGradients();
        return loss;
    });

    /// <summary>A step that trains the head alone, behind compiled layers.</summary>
    [Benchmark(OperationsPerInvoke = InARow)]
    public void HeadStep() => Step();

    private torch.Tensor Loss()
    {
        var outputs = TensorOperations.Forward(_prefix!.Trained, _prefix.Features(_images!.to_type(_model!.Live.ComputeType)));
        var loss = torch.nn.functional.cross_entropy(outputs, _labels!);
        loss.backward();
        return loss;
    }

    private static void Repeat(Func<torch.Tensor> compute)
    {
        for (var i = 0; i < InARow; i++)
        {
            using var scope = torch.NewDisposeScope();
            var result = compute();
            if (i == InARow - 1)
                BenchmarkDevice.Wait(result);
        }
    }

    private void Build(Func<TransferPlan, TransferPlan> freeze)
    {
        TorchRuntime.AllowTensorFloat32 = Numbers == "tf32";
        var precision = Numbers == "bfloat16" ? Precision.BFloat16 : Precision.Float32;
        var plan = Backbone.Create(Model).ReplaceHead(10).WithImageSize(224).On(BenchmarkDevice.Device).WithPrecision(precision);
        _model = freeze(plan).Build();
        _prefix = FrozenPrefix.Of(_model.Network, _model.Plan.BatchNorm);
        _prefix.Compile(_model.Live);
        _prefix.EnterTraining();
        var optimizer = Optimizer.Sgd();
        _optimizer = optimizer.Begin(ParameterGroup.Of(_model.Network, optimizer, LearningRates.Uniform));
        using var scope = torch.NewDisposeScope();
        _images = _model.Live.PrepareInput(torch.randn(Batch, 3, 224, 224)).DetachFromDisposeScope();
        _labels = torch.zeros(Batch, dtype: torch.int64, device: _model.Live.Device).DetachFromDisposeScope();
    }
}
