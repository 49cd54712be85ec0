using TorchSharp;

namespace TransferKit;

/// <summary>A linear map of the last dimension, <c>[N, …, In]</c> → <c>[N, …, Out]</c>.</summary>
internal sealed class Linear : FusableLayer
{
    /// <summary>Creates a linear layer.</summary>
    /// <param name="from">Inputs.</param>
    /// <param name="to">Outputs.</param>
    /// <param name="bias">Whether a number is added to each output.</param>
    /// <param name="initializer">How the matrix starts; null: PyTorch's default.</param>
    /// <param name="biasInitializer">How the bias starts; null: PyTorch's default, uniform in ±1/√inputs.</param>
    public Linear(int from, int to, bool bias = true, Initializer? initializer = null, Initializer? biasInitializer = null)
    {
        Matrix = AddParameter("weight", [to, from], initializer ?? Initialize.Default);
        if (bias)
            Bias = AddParameter("bias", [to], biasInitializer ?? Initialize.Uniform(1 / Math.Sqrt(from)));
    }

    /// <summary>The matrix, <c>[Out, In]</c>.</summary>
    internal Weight Matrix { get; }

    private protected override Weight Factors => Matrix;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        if (KeepsFloat32)
            input = ops.ToFloat32(input);
        return ops.Linear(input, ops.Weight(Matrix, input), Bias is null ? null : ops.Weight(Bias, input), Function);
    }

    internal override bool TryFuse(Layer next)
    {
        if (Function is not null || next is not FeatureScale { IsFolded: false } features)
            return base.TryFuse(next);
        features.IsFolded = true;
        using var scope = torch.NewDisposeScope();
        ScaleOutputs(features.Factors.Value.@double(), shift: null);
        return true;
    }
}
