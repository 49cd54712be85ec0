namespace TransferKit.Vision;

/// <summary>A model says nothing of a picture: what it put out are no finite numbers.</summary>
public sealed class PredictionException : TransferKitException
{
    internal PredictionException(string path)
        : base($"The model puts out no finite numbers (NaN or infinity) for the image '{path}', so it says nothing of it. Its "
            + "training has diverged, or its numbers are too large for the precision: load it with Precision.Float32, or train "
            + "again at a lower rate.") => Path = path;

    /// <summary>The file, or the name of a picture that is not in a file.</summary>
    public string Path { get; }
}
