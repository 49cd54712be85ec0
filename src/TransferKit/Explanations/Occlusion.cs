using TorchSharp;

namespace TransferKit;

/// <inheritdoc cref="ExplanationMethod.Occlusion"/>
internal sealed record Occlusion(int? Size, int? Stride) : ExplanationMethod
{
    private const int BatchSize = 16;

    public override string ToString() => "occlusion";

    internal override torch.Tensor Map(LiveModel model, torch.Tensor image, int label)
    {
        using var noGradient = torch.no_grad();
        var (height, width) = ((int)image.shape[2], (int)image.shape[3]);
        var size = Math.Min(Size ?? Math.Max(Math.Min(height, width) / 4, 1), Math.Min(height, width));
        var stride = Stride ?? Math.Max(size / 2, 1);
        (int Top, int Left)[] places =
        [
            .. from top in Starts(height, size, stride)
               from left in Starts(width, size, stride)
               select (top, left),
        ];

        using var layers = new CompiledLayers(model, model.Network.Steps.Count);
        float[] Scores(torch.Tensor images)
        {
            using var scope = torch.NewDisposeScope();
            var outputs = layers.Run(model.PrepareInput(images).to_type(model.ComputeType));
            return [.. outputs.select(1, label).cpu().contiguous().data<float>()];
        }

        var whole = Scores(image)[0];
        var (falls, counts) = (torch.zeros(height, width), torch.zeros(height, width));
        foreach (var batch in places.Chunk(BatchSize))
        {
            using var scope = torch.NewDisposeScope();
            var covered = image.repeat(batch.Length, 1, 1, 1);
            // Normalized images are zero where the picture has the mean color.
            foreach (var (i, (top, left)) in batch.Index())
                covered[i].narrow(1, top, size).narrow(2, left, size).zero_();
            foreach (var ((top, left), score) in batch.Zip(Scores(covered)))
            {
                falls.narrow(0, top, size).narrow(1, left, size).AddInPlace(whole - score);
                counts.narrow(0, top, size).narrow(1, left, size).AddInPlace(1);
            }
        }
        return (falls / counts.ClampMin(1)).relu().view(1, 1, height, width);
    }

    /// <summary>Where the square begins along one side; the last place is at the edge, so that nothing is left out.</summary>
    private static IEnumerable<int> Starts(int side, int size, int stride)
    {
        for (var start = 0; start < side - size; start += stride)
            yield return start;
        yield return side - size;
    }
}
