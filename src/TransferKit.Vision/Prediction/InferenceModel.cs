using TorchSharp;

namespace TransferKit.Vision;

/// <summary>
/// A model in libtorch: all its layers compiled, and the weights it was loaded with freed as far as the compiled layers have
/// their own. Inference reads weights and changes nothing, so that several threads may use it at once.
/// </summary>
internal sealed class InferenceModel : InferenceEngine
{
    private readonly TransferModel _model;
    private readonly CompiledLayers _layers;
    private readonly Lock _turn = new();

    /// <param name="model">The model, which then belongs to this one.</param>
    public InferenceModel(TransferModel model)
    {
        _model = model;
        _layers = new CompiledLayers(model.Live, model.Network.Steps.Count);
        if (_layers.UsesModel)
            return;
        model.Dispose();
        NativeHeap.Trim();
    }

    public override IReadOnlyList<string> ClassNames => _model.ClassNames;

    public override LearningTask Task => _model.Task;

    public override double Temperature => _model.Temperature ?? 1;

    protected override IReadOnlyList<float[]> Compute(NormalizedViews views)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        // Shares the array's memory.
        var images = torch.frombuffer(views.Values, torch.ScalarType.Float32, (long)views.Count * views.Length)
            .view(views.Count, views.Height, views.Width, views.Channels).permute(0, 3, 1, 2);
        var outputs = Infer(_model.Live.PrepareInput(images).to_type(_model.Live.ComputeType)).to_type(torch.ScalarType.Float32);
        var rows = outputs.cpu().contiguous().data<float>().ToArray().Chunk((int)outputs.shape[1]).ToList();
        NativeHeap.TrimLater();
        return rows;
    }

    protected override void Free()
    {
        _layers.Dispose();
        _model.Dispose();
    }

    private torch.Tensor Infer(torch.Tensor images)
    {
        if (!_layers.UsesModel)
            return _layers.Run(images);
        lock (_turn)
            return _layers.Run(images);
    }
}
