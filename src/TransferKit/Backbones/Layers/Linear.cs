using TorchSharp;

namespace TransferKit;

/// <summary>A linear map of the last dimension, <c>[N, …, In]</c> → <c>[N, …, Out]</c>.</summary>
internal sealed class Linear : Layer
{
    private ActivationFunction? _activation;

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

    /// <summary><c>[Out]</c>, or null.</summary>
    internal Weight? Bias { get; private set; }

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        if (KeepsFloat32)
            input = ops.ToFloat32(input);
        return ops.Linear(input, ops.Weight(Matrix, input), Bias is null ? null : ops.Weight(Bias, input), _activation);
    }

    internal override bool HoldsReduced => !KeepsFloat32;

    internal override bool TryFuseActivation(Activation next)
    {
        if (_activation is not null)
            return false;
        _activation = next.Fuse();
        return true;
    }

    internal override bool TryFuse(Layer next)
    {
        if (_activation is not null)
            return false;
        if (next is FeatureScale { IsFolded: false } features)
            return TryFuse(features);
        if (next is not BatchNorm norm)
            return false;
        using var scope = torch.NewDisposeScope();
        var (scale, shift) = norm.Fold();
        if (Bias is not null)
            shift = shift.Add(Bias.Value.@double() * scale);
        Bias ??= AddParameter("bias", [Matrix.Shape[0]], Initialize.Zeros);
        Matrix.Take((Matrix.Value.@double() * scale.unsqueeze(1)).to_type(Matrix.Type));
        Bias.Take(shift.to_type(Bias.Type));
        return true;
    }

    private bool TryFuse(FeatureScale next)
    {
        next.IsFolded = true;
        using var scope = torch.NewDisposeScope();
        var factors = next.Factors.Value.@double();
        Matrix.Take((Matrix.Value.@double() * factors.unsqueeze(1)).to_type(Matrix.Type));
        Bias?.Take((Bias.Value.@double() * factors).to_type(Bias.Type));
        return true;
    }
}
