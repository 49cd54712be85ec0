namespace TransferKit;

/// <summary>
/// Weights could not be had: the file is missing, damaged, of a foreign or unsafe kind, does not fit the model,
/// or could not be downloaded. The message is one line and names the file.
/// </summary>
public sealed class WeightsException : TransferKitException
{
    internal WeightsException(string path, string reason, Exception? innerException = null)
        : base($"{OneLine(path)}: {OneLine(reason)}", innerException) => (Path, Reason) = (path, OneLine(reason));

    /// <summary>The weights file, where a download would have put it, or the repository of the Hugging Face hub.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it, and what to do.</summary>
    public string Reason { get; }

    /// <summary>The address of the download that failed; null where nothing was downloaded.</summary>
    public Uri? Url { get; init; }

    /// <summary>Keys that the model has and the file lacks.</summary>
    public IReadOnlyList<string> MissingKeys { get; init; } = [];

    /// <summary>Keys that the file has and the model lacks.</summary>
    public IReadOnlyList<string> UnexpectedKeys { get; init; } = [];

    /// <summary>Keys that both have, with different shapes.</summary>
    public IReadOnlyList<string> MismatchedKeys { get; init; } = [];

    /// <summary>Keys of which values are NaN or infinite.</summary>
    public IReadOnlyList<string> BrokenKeys { get; init; } = [];

    /// <summary>Names out of a damaged or hostile file may hold anything, line feeds and terminal codes too.</summary>
    private static string OneLine(string text)
    {
        const int MaxLength = 1000;
        var line = text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "…") : text;
        return string.Concat(line.Select(letter => char.IsControl(letter) ? '?' : letter));
    }
}
