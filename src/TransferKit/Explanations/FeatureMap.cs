using TorchSharp;

namespace TransferKit;

/// <summary>
/// Where in a network the last feature map is: the deepest place at which numbers still lie where their part of the image does.
/// </summary>
/// <param name="Steps">How many of <see cref="Network.Steps"/> lead to it.</param>
/// <param name="ToMap">What makes <c>[N, C, H, W]</c> of the tokens there; null: it is a feature map.</param>
internal sealed record FeatureMap(int Steps, Layer? ToMap)
{
    /// <summary>Reads the layers for it.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of an image.</param>
    /// <exception cref="NotSupportedException">No map is larger than 1 × 1 pixel.</exception>
    public static FeatureMap Find(Network network, Shape image)
    {
        FeatureMap? found = null;
        var shape = image;
        // Where channels come last, rank and sizes alone don't tell a map from other things.
        int[] dimensions = [0, 1, 2];
        for (var i = 0; i < network.Steps.Count; i++)
        {
            var step = network.Steps[i];
            // Behind the last attention only the class token matters: the patches' tokens count for nothing there.
            if (network.TokensToMap is { } toMap && step.Walk().Any(inside => inside.Layer is Attention))
                found = new(i, toMap);
            shape = step.OutputShape(shape);
            if (step is Permute permute)
                dimensions = [.. permute.Order.Select(dimension => dimensions[dimension])];
            if (shape.Rank == 3 && dimensions is [0, 1, 2] && shape[1] * shape[2] > 1)
                found = new(i + 1, null);
        }
        return found ?? throw new NotSupportedException(
            $"For images of shape {image} the network has no feature map larger than 1 × 1 pixel, which Grad-CAM needs: take "
            + $"larger images, or {nameof(ExplanationMethod)}.{nameof(ExplanationMethod.Occlusion)}().");
    }

    /// <summary>Values at this place, or their gradients, as a map.</summary>
    public torch.Tensor Arrange(torch.Tensor values) => ToMap?.Forward(values) ?? values;
}
