using System.Text.Json.Serialization;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using static TransferKit.Layers;

namespace TransferKit;

/// <inheritdoc cref="Head.Linear"/>
internal sealed record LinearHead(int Classes) : Head(Classes)
{
    private protected override string Description => "linear";

    internal override Head WithClasses(int classes) => new LinearHead(classes);

    internal override Layer Build(int features) => new Linear(features, Classes);
}

/// <inheritdoc cref="Head.Dropout"/>
internal sealed record DropoutHead(int Classes, double Probability) : Head(Classes)
{
    public double Probability { get; } = RequireProbability(Probability);

    private protected override string Description => FormattableString.Invariant($"dropout {Probability} and linear");

    internal override Head WithClasses(int classes) => new DropoutHead(classes, Probability);

    internal override Layer Build(int features) => Sequential(new Dropout(Probability), new Linear(features, Classes));
}

/// <inheritdoc cref="Head.Mlp"/>
internal sealed record MlpHead(int Classes, int Hidden, double Probability) : Head(Classes)
{
    public int Hidden { get; } = RequireUnits(Hidden);

    public double Probability { get; } = RequireProbability(Probability);

    private protected override string Description =>
        FormattableString.Invariant($"{Hidden} hidden units with dropout {Probability}");

    internal override Head WithClasses(int classes) => new MlpHead(classes, Hidden, Probability);

    internal override Layer Build(int features) => Sequential(
        new Linear(features, Hidden), Relu, new Dropout(Probability), new Linear(Hidden, Classes));
}

/// <inheritdoc cref="Head.ConcatPool"/>
internal sealed record ConcatPoolHead(int Classes, int Hidden, double Probability) : Head(Classes)
{
    public int Hidden { get; } = RequireUnits(Hidden);

    public double Probability { get; } = RequireProbability(Probability);

    internal override bool TakesMap => true;

    private protected override string Description =>
        FormattableString.Invariant($"concat-pool, {Hidden} hidden units with dropout {Probability}");

    internal override Head WithClasses(int classes) => new ConcatPoolHead(classes, Hidden, Probability);

    internal override Layer Build(int features) => Sequential(
        new Concat(new GlobalPool(PoolKind.Average), new GlobalPool(PoolKind.Max)), Flatten(),
        new BatchNorm(2 * features), new Dropout(Probability / 2), new Linear(2 * features, Hidden, bias: false), Relu,
        new BatchNorm(Hidden), new Dropout(Probability), new Linear(Hidden, Classes, bias: false));
}

/// <inheritdoc cref="Head.ClassAndPatches"/>
internal sealed record ClassAndPatchesHead(int Classes, int Blocks = 1) : Head(Classes)
{
    public int Blocks { get; } = Blocks >= 1
        ? Blocks
        : throw new ArgumentOutOfRangeException(nameof(Blocks), Blocks, "A head takes the class token of at least one block.");

    internal override int LastBlocks => Blocks;

    private protected override string Description => Blocks == 1
        ? "linear on class token and patches" : $"linear on the class tokens of {Blocks} blocks and patches";

    internal override Head WithClasses(int classes) => new ClassAndPatchesHead(classes, Blocks);

    internal override Layer Build(int features) => new Linear(features, Classes);
}

/// <inheritdoc cref="Head.Custom"/>
internal sealed record CustomHead(int Classes) : Head(Classes)
{
    /// <summary>Null in a saved model, which can't hold it.</summary>
    [JsonIgnore]
    public Func<int, Module<Tensor, Tensor>>? Make { get; init; }

    private protected override string Description => "custom";

    internal override Head WithClasses(int classes) => throw new InvalidOperationException(
        $"The head is a module of your own for {Classes} classes, of whose rows nothing is known: give the model another head "
        + "with ReplaceHead(Head.Custom(…)).");

    internal override Layer Build(int features) => new ModuleLayer(
        Make is null
            ? throw new InvalidOperationException("A custom head has no module.")
            : RandomSource.Lend(() => Make(features)), new Shape(Classes));
}
