namespace TransferKit;

/// <summary>How far a download of weights has come.</summary>
/// <param name="FileName">The file that is downloaded.</param>
/// <param name="BytesReceived">Bytes that lie on disk, those of an earlier, cut download included.</param>
/// <param name="BytesTotal">Size of the file; null where the server does not tell.</param>
public readonly record struct DownloadProgress(string FileName, long BytesReceived, long? BytesTotal)
{
    /// <summary>The part that is done, in 0..1; null where the server does not tell the size.</summary>
    public double? Fraction => BytesTotal is > 0 ? (double)BytesReceived / BytesTotal : null;

    /// <summary><c>resnet18-f37072fd.pth: 20 of 45 MB</c></summary>
    public override string ToString() => $"{FileName}: {BytesReceived / 1_000_000}"
        + (BytesTotal is { } total ? $" of {total / 1_000_000} MB" : " MB");
}
