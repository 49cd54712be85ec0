using TorchSharp;

namespace TransferKit;

/// <summary>How a weight takes values that were made for another shape.</summary>
/// <param name="Takes">Whether it can take values of a shape.</param>
/// <param name="Convert">Makes a new tensor of the weight's own shape of such values.</param>
internal sealed record Adaptation(Func<IReadOnlyList<long>, bool> Takes, Func<torch.Tensor, torch.Tensor> Convert);
