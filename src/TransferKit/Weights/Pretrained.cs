using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Which weights a backbone starts from. A value: it can be kept, compared and printed, and touches neither disk
/// nor network; weights are fetched and read when the model is built.
/// </summary>
public sealed record Pretrained
{
    private Pretrained(PretrainedKind kind, string description)
    {
        Kind = kind;
        Description = description;
    }

    /// <summary>Random weights, initialized as in torchvision.</summary>
    public static Pretrained None { get; } = new(PretrainedKind.None, "none");

    /// <summary>The best weights that torchvision publishes for the model.</summary>
    public static Pretrained Default { get; } = new(PretrainedKind.Default, "default");

    /// <summary>
    /// Weights that a package has brought along, such as <c>TransferKit.Weights.ResNet20</c> for <see cref="Backbone.ResNet20"/>:
    /// the file <c>transferkit-weights/MODEL.safetensors</c> in the program's folder. They need no network and no cache.
    /// </summary>
    public static Pretrained Packaged { get; } = new(PretrainedKind.Packaged, "packaged");

    [JsonInclude]
    internal PretrainedKind Kind { get; }

    /// <summary>"none", "default", "packaged", the weights' name, the file's path or address, or the repository's name.</summary>
    [JsonInclude]
    internal string Description { get; }

    /// <summary>Hexadecimal SHA-256 that a downloaded file must have, or its first digits.</summary>
    [JsonInclude]
    internal string? Sha256 { get; init; }

    /// <summary>Whether a network without a new head ends in one for ImageNet; files may have one of their own.</summary>
    internal bool HasImageNetHead => Kind is PretrainedKind.None or PretrainedKind.Default or PretrainedKind.Named;

    /// <summary>What stands before the model's keys in the file; null: it is found out.</summary>
    [JsonInclude]
    internal string? Prefix { get; init; }

    /// <summary>The repository of <see cref="FromHub"/>; null: they come from elsewhere.</summary>
    internal HubRepository? Repository { get; private init; }

    internal IReadOnlyDictionary<string, Tensor>? StateDict { get; private init; }

    /// <summary>Weights that torchvision publishes for the model, by name; see <see cref="KnownWeights"/>.</summary>
    /// <param name="name">"IMAGENET1K_V1", "IMAGENET1K_V2", ..., in any case.</param>
    public static Pretrained Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return name.Equals("DEFAULT", StringComparison.OrdinalIgnoreCase)
            ? Default
            : new(PretrainedKind.Named, name.ToUpperInvariant());
    }

    /// <summary>
    /// Weights in a file of PyTorch (.pth, .pt), safetensors, TorchScript, TorchSharp or ONNX, or in a saved model (.tkm). The
    /// format is found by content, not by the file's name.
    /// </summary>
    /// <remarks>
    /// The file's head comes along where the plan asks for none, or for one that it fits; the number of classes is then the
    /// file's. A saved model brings its preprocessing, image size, channels, and with its head the names of its classes.
    /// <see cref="TransferModel.WeightsReport"/> says what was taken.
    /// </remarks>
    /// <param name="path">Path of the file.</param>
    public static Pretrained FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new(PretrainedKind.File, path);
    }

    /// <summary>Weights of one of several networks in a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="prefix">
    /// What stands before the keys of that network, in whole segments: <c>teacher</c>, <c>module.teacher</c>.
    /// </param>
    public static Pretrained FromFile(string path, string prefix)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(prefix);
        return FromFile(path) with { Prefix = prefix.EndsWith('.') ? prefix : prefix + "." };
    }

    /// <summary>Weights in a file on the web, downloaded once into PyTorch's cache folder.</summary>
    /// <param name="url">An absolute http or https address.</param>
    /// <param name="sha256">The file's SHA-256, or its first 8 or more hexadecimal digits; null takes any content.</param>
    public static Pretrained FromUrl(Uri url, string? sha256 = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"Weights come from an absolute http or https address, not from '{url}'.", nameof(url));
        if (sha256 is not null && (sha256.Length is < 8 or > 64 || !sha256.All(char.IsAsciiHexDigit)))
            throw new ArgumentException($"A SHA-256 has 8 to 64 hexadecimal digits; '{sha256}' has not.", nameof(sha256));
        return new(PretrainedKind.Url, url.AbsoluteUri) { Sha256 = sha256?.ToLowerInvariant() };
    }

    /// <summary>
    /// Weights in a repository of the Hugging Face hub, downloaded once into the cache folder that Python's libraries share, by
    /// default <c>~/.cache/huggingface/hub</c>.
    /// </summary>
    /// <remarks>
    /// They are its <c>model.safetensors</c> or <c>pytorch_model.bin</c>, also in several files. Preprocessing and the names of
    /// the classes are those of its <c>config.json</c>, of timm's kind or transformers'; the head comes along as from a file.
    /// The variables that Python knows are heeded: <c>HF_HOME</c>, <c>HF_HUB_CACHE</c>, <c>HF_TOKEN</c>, <c>HF_ENDPOINT</c>,
    /// <c>HF_HUB_OFFLINE</c>.
    /// </remarks>
    /// <param name="repository">Owner and name, as in <c>timm/resnet18.a1_in1k</c>.</param>
    /// <param name="revision">
    /// A branch, a tag or a commit, which alone is the same for ever; null: the branch <c>main</c>.
    /// </param>
    /// <param name="token">
    /// Who asks, for private and gated repositories; null: <c>HF_TOKEN</c>, else what <c>hf auth login</c> has left. It is
    /// neither printed nor saved.
    /// </param>
    /// <exception cref="ArgumentException">The hub can't have such a repository, or such a revision.</exception>
    public static Pretrained FromHub(string repository, string? revision = null, string? token = null)
    {
        var found = HubRepository.Of(repository, revision, token);
        return new(PretrainedKind.Hub, $"{found}") { Repository = found };
    }

    /// <summary>
    /// Weights in memory, by torchvision's names. The tensors are read when a model is built and stay the caller's;
    /// two values are equal when they hold the same dictionary object.
    /// </summary>
    /// <param name="stateDict">Tensors on any device.</param>
    public static Pretrained FromStateDict(IReadOnlyDictionary<string, Tensor> stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        return new(PretrainedKind.StateDict, "state_dict in memory") { StateDict = stateDict };
    }

    /// <summary>
    /// "none", "default", "packaged", the weights' name, the file's path or address, or the repository's name, with <c>@</c> and
    /// the revision where that isn't <c>main</c>.
    /// </summary>
    public override string ToString() => Description;
}

/// <summary>Where the weights of a <see cref="Pretrained"/> come from.</summary>
internal enum PretrainedKind
{
    None,
    Default,
    Packaged,
    Named,
    File,
    Url,
    Hub,
    StateDict,
}
