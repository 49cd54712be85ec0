using TorchSharp;

namespace TransferKit.Vision;

/// <summary>Explains what a model makes of pictures, one after the other, reusing the memory that reading them takes.</summary>
/// <param name="model">The model; stays the caller's.</param>
/// <param name="options">How pictures are decoded and prepared.</param>
internal sealed unsafe class PictureExplainer(TransferModel model, ImageOptions options) : IDisposable
{
    private readonly SampleReader _reader = new(options, model.Preprocessing.Channels);
    private readonly Transforms _transforms = options.EvaluateTransforms(model.Preprocessing);

    /// <exception cref="ImageException">The picture can't be read.</exception>
    /// <exception cref="NotSupportedException">The method doesn't fit the network.</exception>
    public PictureExplanation Explain(ImageSource source, ExplanationMethod? method, int? label)
    {
        using var scope = torch.NewDisposeScope();
        var canvas = _reader.Transform(source, _transforms, new SeededRandom(0, 0));
        var rgb = canvas.Pixels().ToRgb();
        var channels = model.Preprocessing.Channels;
        var values = new float[channels * canvas.Size.Height * canvas.Size.Width];
        fixed (float* start = values)
            canvas.WriteTo(start, channels);
        var image = torch.tensor(values, [canvas.Size.Height, canvas.Size.Width, channels]).permute(2, 0, 1);
        return new(source, rgb, model.ExplainLabel(image, method, label));
    }

    public void Dispose() => _reader.Dispose();
}
