using TorchSharp;

namespace TransferKit;

/// <summary>Loads values of another shape into a weight.</summary>
/// <param name="CanAdapt">Whether values of a shape can be loaded.</param>
/// <param name="Adapt">Makes a new tensor of the weight's own shape of such values.</param>
internal sealed record ShapeAdapter(Func<IReadOnlyList<long>, bool> CanAdapt, Func<torch.Tensor, torch.Tensor> Adapt);
