using TorchSharp;

namespace TransferKit;

/// <inheritdoc cref="ExplanationMethod.AttentionRollout"/>
internal sealed record AttentionRollout : ExplanationMethod
{
    public override string ToString() => "attention rollout";

    /// <summary>Whether a network attends over all tokens, whose places in the image are known.</summary>
    public static bool Fits(Network network) => network.TokensToMap is not null && Attentions(network).Any();

    internal override torch.Tensor Map(LiveModel model, torch.Tensor image, int label)
    {
        var network = model.Network;
        if (!Fits(network))
            throw new NotSupportedException(
                $"Attention rollout needs a vision transformer, whose layers attend over all patches, and {model.Recipe.Model} "
                + $"is none: take {nameof(ExplanationMethod)}.{nameof(ExplanationMethod.GradCam)}.");
        using var noGradient = torch.no_grad();
        torch.Tensor? rollout = null;
        network.Compute(new TensorOperations { BeforeLayer = Follow }, image);
        // The class is told from the first token, or by a head that averages the others.
        var shares = network.Steps.Any(step => step is FirstToken or FirstTokens)
            ? rollout![0] : rollout!.narrow(0, 1, rollout.shape[0] - 1).mean([0]);
        var map = network.TokensToMap!.Forward(shares.view(1, -1, 1));
        return map - map.min();

        void Follow(Layer layer, torch.Tensor input)
        {
            if (layer is not Attention attention)
                return;
            using var inner = torch.NewDisposeScope();
            // Half of a token is its own, handed on by the residual connection.
            var probabilities = attention.Probabilities(input).mean([1])[0];
            var mixed = probabilities.Add(torch.eye(probabilities.shape[0], device: probabilities.device)).Divide(2);
            var next = rollout is null ? mixed : mixed.matmul(rollout);
            rollout?.Dispose();
            rollout = next.DetachFromDisposeScope();
        }
    }

    private static IEnumerable<Attention> Attentions(Network network) =>
        network.Steps.SelectMany(step => step.Walk()).Select(found => found.Layer).OfType<Attention>();
}
