using TorchSharp;
using TorchSharp.Modules;

namespace TransferKit;

/// <summary>What the training engine uses until it works with <see cref="UpdateRule"/>.</summary>
internal static class TorchSharpOptimizers
{
    public static torch.optim.Optimizer Create(this Optimizer optimizer, IEnumerable<Parameter> parameters) => optimizer switch
    {
        SgdOptimizer sgd => torch.optim.SGD(
            parameters, sgd.LearningRate, sgd.Momentum, weight_decay: sgd.WeightDecay, nesterov: sgd.Nesterov),
        AdamOptimizer { Decoupled: true } adam => torch.optim.AdamW(
            parameters, adam.LearningRate, adam.Beta1, adam.Beta2, weight_decay: adam.WeightDecay),
        AdamOptimizer adam => torch.optim.Adam(
            parameters, adam.LearningRate, adam.Beta1, adam.Beta2, weight_decay: adam.WeightDecay),
        _ => throw new NotSupportedException($"The engine doesn't know {optimizer} yet."),
    };
}
