using System.Diagnostics.CodeAnalysis;

namespace TransferKit.Vision;

/// <summary>What came of one of many pictures: a prediction, or the reason why there is none. A value.</summary>
public sealed record PredictionResult
{
    internal PredictionResult(ImageSource image, Prediction? prediction, ImageException? error) =>
        (Image, Prediction, Error) = (image, prediction, error);

    /// <summary>The picture; its <see cref="ImageSource.Name"/> is the file's path.</summary>
    public ImageSource Image { get; }

    /// <summary>What the model takes the picture for; null where it can't be read.</summary>
    public Prediction? Prediction { get; }

    /// <summary>Why the picture can't be read; null where it can.</summary>
    public ImageException? Error { get; }

    /// <summary>Whether the picture could be read.</summary>
    [MemberNotNullWhen(true, nameof(Prediction))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <exception cref="ImageException">There is none.</exception>
    internal Prediction PredictionOrThrow() => IsSuccess ? Prediction : throw Error;

    /// <summary><c>photos/1.jpg: daisy (98.5 %)</c>, or the reason of the failure.</summary>
    public override string ToString() => IsSuccess ? $"{Image}: {Prediction}" : Error.Message;
}
