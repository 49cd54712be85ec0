using TorchSharp;

namespace TransferKit.Vision;

/// <summary>
/// A model that does nothing but infer: all its layers compiled, and the weights it was loaded with freed as far as the compiled
/// layers have their own. Safe to use by several threads at once, for inference reads weights and changes nothing. What is at
/// work when it is disposed is finished first.
/// </summary>
internal sealed class InferenceModel : IDisposable
{
    private readonly TransferModel _model;
    private readonly CompiledLayers _layers;
    private readonly Lock _gate = new(), _turn = new();
    private int _users;
    private bool _disposed;

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

    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    public LearningTask Task => _model.Task;

    /// <summary>Computes what the network puts out, and what that means.</summary>
    /// <param name="images"><c>[N · views, C, H, W]</c> float32, normalised, the views of a picture side by side.</param>
    /// <param name="views">Views of each picture, which are averaged.</param>
    /// <returns>
    /// For each of N pictures its outputs, and its probabilities, or the outputs once more where it is a regression.
    /// </returns>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public IReadOnlyList<(float[] Outputs, float[] Probabilities)> Run(torch.Tensor images, int views)
    {
        if (images.shape[0] == 0)
            return [];
        Enter();
        try
        {
            using var noGradient = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            var outputs = Infer(_model.Live.PrepareInput(images).to_type(_model.Live.ComputeType)).cpu();
            var probabilities = TaskDefinition.Of(Task).ToProbabilities(outputs.Divide(_model.Temperature ?? 1));
            return [.. Rows(outputs, views).Zip(Rows(probabilities, views))];
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            FreeIfUnused();
        }
    }

    private torch.Tensor Infer(torch.Tensor images)
    {
        if (!_layers.UsesModel)
            return _layers.Run(images);
        lock (_turn)
            return _layers.Run(images);
    }

    private static IEnumerable<float[]> Rows(torch.Tensor values, int views)
    {
        var outputs = values.shape[1];
        return values.view(-1, views, outputs).mean([1]).contiguous().data<float>().ToArray().Chunk((int)outputs);
    }

    private void Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Predictor));
            _users++;
        }
    }

    private void Leave()
    {
        NativeHeap.TrimLater();
        lock (_gate)
        {
            _users--;
            FreeIfUnused();
        }
    }

    private void FreeIfUnused()
    {
        if (!_disposed || _users > 0)
            return;
        _layers.Dispose();
        _model.Dispose();
    }
}
