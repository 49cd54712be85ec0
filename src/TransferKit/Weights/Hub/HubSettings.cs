namespace TransferKit;

/// <summary>
/// Where the hub is, where its files lie here, and who asks: as Python's huggingface_hub reads it from the environment.
/// </summary>
internal sealed record HubSettings
{
    /// <summary>The public hub.</summary>
    public static readonly Uri DefaultEndpoint = new("https://huggingface.co");

    /// <summary>
    /// The folder of all repositories: <c>HF_HUB_CACHE</c>, else <c>HUGGINGFACE_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>,
    /// which is <c>~/.cache/huggingface</c>, or lies in <c>XDG_CACHE_HOME</c>.
    /// </summary>
    public required string CacheFolder { get; init; }

    /// <summary>The hub, or another server with its protocol: <c>HF_ENDPOINT</c>.</summary>
    public Uri Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>
    /// Who asks: <c>HF_TOKEN</c>, else what <c>hf auth login</c> left in <c>HF_TOKEN_PATH</c> or <c>HF_HOME/token</c>.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Whether only the cache is asked: <c>HF_HUB_OFFLINE</c>.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Whether contents that revisions share lie on the disk once: not with <c>HF_HUB_DISABLE_SYMLINKS</c>.</summary>
    public bool MakesLinks { get; init; } = true;

    /// <summary>Reads the environment.</summary>
    /// <param name="variable">Gives an environment variable's value.</param>
    /// <exception cref="WeightsException"><c>HF_ENDPOINT</c> is no address.</exception>
    public static HubSettings Read(Func<string, string?> variable)
    {
        var user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var home = Folder("HF_HOME") ?? Path.Join(Folder("XDG_CACHE_HOME") ?? Path.Join(user, ".cache"), "huggingface");
        return new()
        {
            CacheFolder = Path.GetFullPath(
                Folder("HF_HUB_CACHE") ?? Folder("HUGGINGFACE_HUB_CACHE") ?? Path.Join(home, "hub")),
            Endpoint = Value("HF_ENDPOINT") is { } address ? Address(address) : DefaultEndpoint,
            Token = Value("HF_TOKEN") ?? Value("HUGGING_FACE_HUB_TOKEN")
                ?? TokenIn(Folder("HF_TOKEN_PATH") ?? Path.Join(home, "token")),
            IsOffline = IsOn("HF_HUB_OFFLINE") || IsOn("TRANSFORMERS_OFFLINE"),
            MakesLinks = !IsOn("HF_HUB_DISABLE_SYMLINKS"),
        };

        string? Value(string name) => variable(name)?.Trim() is { Length: > 0 } value ? value : null;

        bool IsOn(string name) => Value(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

        string? Folder(string name) => Value(name) is not { } value ? null
            : value == "~" || value.StartsWith("~/", StringComparison.Ordinal) ? user + value[1..]
            : value;
    }

    private static Uri Address(string address) =>
        Uri.TryCreate(address.TrimEnd('/'), UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? url
            : throw new WeightsException("HF_ENDPOINT", $"'{address}' is no http or https address.");

    private static string? TokenIn(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Public repositories need none, and of others the hub says that it wants one.
            return null;
        }
    }
}
