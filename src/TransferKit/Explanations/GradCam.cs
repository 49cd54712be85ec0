using TorchSharp;

namespace TransferKit;

/// <inheritdoc cref="ExplanationMethod.GradCam"/>
internal sealed record GradCam(bool PlusPlus) : ExplanationMethod
{
    public override string ToString() => PlusPlus ? "Grad-CAM++" : "Grad-CAM";

    internal override torch.Tensor Map(LiveModel model, torch.Tensor image, int label)
    {
        var network = model.Network;
        var place = FeatureMap.Find(network, new Shape(image.shape.AsSpan(1)));
        torch.Tensor activations;
        using (torch.no_grad())
            activations = TensorOperations.Forward(network.Steps.Take(place.Steps), image).detach().clone();
        torch.Tensor gradients;
        using (torch.enable_grad())
        {
            activations.requires_grad_(true);
            var score = TensorOperations.Forward(network.Steps.Skip(place.Steps), activations)[0, label];
            gradients = torch.autograd.grad([score], [activations])[0];
        }
        using var noGradient = torch.no_grad();
        var (map, slopes) = (place.Arrange(activations.detach()), place.Arrange(gradients));
        var weights = PlusPlus ? WeightsPlusPlus(map, slopes) : slopes.mean([2, 3], keepdim: true);
        return (weights * map).sum(1, keepdim: true).relu();
    }

    /// <summary>
    /// Equation 19 of the paper, for the exponential of the score as its last function: the derivatives are then powers of the
    /// score's gradient, and the exponential itself is a factor that scaling takes away.
    /// </summary>
    private static torch.Tensor WeightsPlusPlus(torch.Tensor map, torch.Tensor slopes)
    {
        var squares = slopes * slopes;
        var denominators = squares.Multiply(2).Add(map.sum([2, 3], keepdim: true) * squares * slopes);
        var shares = torch.where(denominators.IsZero(), torch.zeros_like(squares), squares / denominators);
        return (shares * slopes.relu()).sum([2, 3], keepdim: true);
    }
}
