using TorchSharp;

namespace TransferKit;

/// <summary>
/// The first layers of a network in the form in which they infer fastest: batch norms folded into the convolutions and linear
/// layers before them, activations computed by these, weights in the precision that the device multiplies fastest and laid out
/// for it, no gradients. A copy: the network's own weights stay as they are, and a compiled form knows nothing of later changes
/// to them.
/// </summary>
internal sealed class CompiledLayers : IDisposable
{
    // Small enough that activations stay in the cache and the peak of memory low; large enough to fill the vectors.
    private const int CpuBatch = 8;

    private readonly Layer[] _compiled, _steps;
    private readonly PackedWeights? _packed;

    /// <param name="model">The model; its layers are in evaluation mode as far as they are compiled.</param>
    /// <param name="count">How many of <see cref="Network.Steps"/>, from the first on.</param>
    public CompiledLayers(LiveModel model, int count)
    {
        var steps = model.Network.Steps;
        var twin = model.Network.Twin();
        var type = model.ComputeType;
        // A module of the user's own can't be looked into: from there on the layers run as they are.
        _compiled = [.. twin.Steps.Take(count).TakeWhile(step => !step.Walk().Any(found => found.Layer is ModuleLayer))];
        _steps = [.. _compiled, .. steps.Take(count).Skip(_compiled.Length)];
        foreach (var step in twin.Steps.Skip(_compiled.Length))
            step.Dispose();
        using var noGradient = torch.no_grad();
        Fold(_compiled, fuseAll: true);
        if (type != torch.ScalarType.Float32)
            foreach (var (_, layer) in _compiled.SelectMany(step => step.Walk()))
                if (layer.HoldsReduced)
                    foreach (var weight in layer.Weights)
                        weight.Cast(type);
        var weights = _compiled.SelectMany(step => step.NamedWeights()).Select(found => found.Weight.Value);
        _packed = PackedWeights.Of(weights, CpuBatch);
    }

    /// <summary>
    /// Whether there are layers that couldn't be copied. They are the model's own: it must outlive this form, and whether they
    /// can be run by several threads at once, only their maker knows.
    /// </summary>
    public bool UsesModel => _steps.Length > _compiled.Length;

    /// <summary>Runs the layers on images, some at a time.</summary>
    /// <param name="images"><c>[N, C, H, W]</c> in the model's compute type, on its device, channels last.</param>
    /// <returns>What the next layer takes; the caller disposes it.</returns>
    public torch.Tensor Run(torch.Tensor images)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        if (images.device_type != DeviceType.CPU || images.shape[0] <= CpuBatch)
            return Owned(TensorOperations.Forward(_steps, images, _packed), images).MoveToOuterDisposeScope();
        var parts = new List<torch.Tensor>();
        foreach (var part in images.split(CpuBatch))
        {
            parts.Add(TensorOperations.Forward(_steps, part, _packed));
            part.Dispose();
        }
        return torch.cat(parts).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _packed?.Dispose();
        foreach (var step in _compiled)
            step.Dispose();
    }

    private static torch.Tensor Owned(torch.Tensor output, torch.Tensor input) =>
        ReferenceEquals(output, input) ? output.alias() : output;

    /// <summary>
    /// Lets layers fuse with the ones behind them, here and in every chain within, and merge what lies in them.
    /// </summary>
    /// <param name="chain">Layers that run one after the other.</param>
    /// <param name="fuseAll">Whether layers take over activations and sums, too, as the compiled form alone does.</param>
    internal static void Fold(IReadOnlyList<Layer> chain, bool fuseAll = false)
    {
        for (int front = 0, next = 1; next < chain.Count; next++)
            if (!chain[front].TryFuse(chain[next])
                && !(fuseAll && chain[next] is Activation last && chain[front].TryFuseActivation(last)))
                front = next;
        foreach (var layer in chain)
        {
            foreach (var child in layer.Children)
                Fold([.. Network.Flatten(child.Layer)], fuseAll);
            layer.Merge();
            if (fuseAll)
                layer.FuseWithin();
        }
    }
}
