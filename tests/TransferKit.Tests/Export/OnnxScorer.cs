using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;

namespace TransferKit.Tests.Export;

/// <summary>An exported model in ONNX Runtime, on the CPU.</summary>
internal sealed class OnnxScorer : IDisposable
{
    private readonly SessionOptions _options = new() { IntraOpNumThreads = 1 };
    private readonly InferenceSession _session;

    public OnnxScorer(string path) => _session = new InferenceSession(path, _options);

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    public ModelMetadata Metadata => _session.ModelMetadata;

    /// <summary>Scores images in float32, <c>[N, C, H, W]</c>.</summary>
    public torch.Tensor Score(torch.Tensor images)
    {
        using var dense = images.contiguous();
        return Run(new DenseTensor<float>(dense.data<float>().ToArray(), Sizes(images)));
    }

    /// <summary>Scores pixels, <c>[N, H, W, 3]</c>.</summary>
    public torch.Tensor ScorePixels(torch.Tensor pixels)
    {
        using var dense = pixels.contiguous();
        return Run(new DenseTensor<byte>(dense.data<byte>().ToArray(), Sizes(pixels)));
    }

    private torch.Tensor Run<T>(DenseTensor<T> images)
    {
        using var results = _session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
        var output = results.Single().AsTensor<float>();
        return torch.tensor([.. output], [.. output.Dimensions.ToArray().Select(size => (long)size)]);
    }

    private static int[] Sizes(torch.Tensor tensor) => Array.ConvertAll(tensor.shape, size => (int)size);

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
