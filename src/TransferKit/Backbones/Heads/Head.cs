using System.Text.Json.Serialization;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>
/// What a network ends in: the layers that turn its features into one score a class. A value, stored with the model.
/// A new head always trains.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LinearHead), "linear")]
[JsonDerivedType(typeof(DropoutHead), "dropout")]
[JsonDerivedType(typeof(MlpHead), "mlp")]
[JsonDerivedType(typeof(ConcatPoolHead), "concat-pool")]
[JsonDerivedType(typeof(ClassAndPatchesHead), "class-and-patches")]
[JsonDerivedType(typeof(CustomHead), "custom")]
public abstract record Head
{
    private protected Head(int classes)
    {
        if (classes < 1)
            throw new ArgumentOutOfRangeException(nameof(classes), classes, "A head needs at least one class.");
        Classes = classes;
    }

    /// <summary>The number of scores, at least 1.</summary>
    public int Classes { get; }

    /// <summary>One linear layer, in the form that torchvision gives the architecture: the tutorial's choice.</summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    public static Head Linear(int classes) => new LinearHead(classes);

    /// <summary>Dropout, then one linear layer.</summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    /// <param name="probability">How likely a feature is dropped, in <c>[0, 1)</c>.</param>
    public static Head Dropout(int classes, double probability = 0.5) => new DropoutHead(classes, probability);

    /// <summary>A hidden layer with ReLU, dropout, then a linear layer.</summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    /// <param name="hidden">Units of the hidden layer, at least 1.</param>
    /// <param name="probability">How likely a hidden unit is dropped, in <c>[0, 1)</c>.</param>
    public static Head Mlp(int classes, int hidden = 512, double probability = 0.5) => new MlpHead(classes, hidden, probability);

    /// <summary>
    /// fastai's head (Howard and Gugger, 2020): average and maximum of each channel side by side, batch norm, half the dropout,
    /// a hidden layer with ReLU, batch norm, dropout, a linear layer. Takes the place of the network's own pooling.
    /// </summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    /// <param name="hidden">Units of the hidden layer, at least 1.</param>
    /// <param name="probability">How likely a hidden unit is dropped, in <c>[0, 1)</c>.</param>
    public static Head ConcatPool(int classes, int hidden = 512, double probability = 0.5) =>
        new ConcatPoolHead(classes, hidden, probability);

    /// <summary>
    /// One linear layer on the class token and the average of the patches' tokens side by side: for vision transformers, as
    /// DINOv2 is measured (Oquab et al., 2024). Takes the place of the network's own pooling; what
    /// <see cref="TransferModel.ExtractFeatures(Tensor)"/> gives is then both.
    /// </summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    /// <param name="blocks">
    /// Of how many of the last blocks there is the class token, each through the network's last norm, first to last: 1, or 4 as
    /// in the paper. More than one needs a transformer of timm's.
    /// </param>
    public static Head ClassAndPatches(int classes, int blocks = 1) => new ClassAndPatchesHead(classes, blocks);

    /// <summary>
    /// A TorchSharp module of your own. It can't be stored with the model: pass the same head to
    /// <see cref="TransferModel.Load"/>. Two such heads are equal if they have the same function.
    /// </summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    /// <param name="build">
    /// Makes the module, <c>[N, features]</c> → <c>[N, classes]</c>, from the number of features. Called whenever a network is
    /// described, and once for the model itself.
    /// </param>
    public static Head Custom(int classes, Func<int, Module<Tensor, Tensor>> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        return new CustomHead(classes) { Make = build };
    }

    /// <summary>Whether the head takes the last feature map, and not the vector that the network pools it to.</summary>
    internal virtual bool TakesMap => false;

    /// <summary>
    /// How many of the last blocks' class tokens the head takes, with the average of all patches, and not what the network pools
    /// them to; 0: none.
    /// </summary>
    internal virtual int LastBlocks => 0;

    /// <summary>The head's layers.</summary>
    /// <param name="features">The length of the vector, or the channels of the map, that the network ends in.</param>
    internal abstract Layer Build(int features);

    /// <summary>The same layers for another number of classes.</summary>
    /// <exception cref="InvalidOperationException">It is a module of the user's own.</exception>
    internal abstract Head WithClasses(int classes);

    /// <summary>What the head is made of, in words: <c>linear, 2 classes</c>.</summary>
    public sealed override string ToString() => InWords(LearningTask.Classification);

    /// <summary>The same for a task; a regression has no classes, nor has a single output.</summary>
    internal string InWords(LearningTask task) => $"{Description}, {TaskDefinition.Of(task).InWords(Classes)}";

    private protected abstract string Description { get; }

    private protected static int RequireUnits(int hidden) => hidden >= 1
        ? hidden
        : throw new ArgumentOutOfRangeException(nameof(hidden), hidden, "A hidden layer needs at least one unit.");

    private protected static double RequireProbability(double probability) => probability is >= 0 and < 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A dropout probability lies in [0, 1).");
}
