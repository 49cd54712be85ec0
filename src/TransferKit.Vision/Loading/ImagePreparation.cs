namespace TransferKit.Vision;

/// <summary>
/// Makes of pictures what a network sees, as evaluation and <see cref="Predictor"/> do: for programs that run an exported model.
/// Needs no libtorch. Immutable; safe to use by several threads at once.
/// </summary>
public sealed unsafe class ImagePreparation
{
    private readonly ImageOptions _options;
    private readonly Transforms _transforms;
    private readonly int _channels;

    /// <summary>Prepares pictures as <see cref="ImageOptions.EvaluateTransforms"/> says.</summary>
    /// <param name="preprocessing">
    /// What the network expects: <see cref="TransferModel.Preprocessing"/>, or <see cref="Preprocessing.Parse"/> of what the
    /// exported file says.
    /// </param>
    /// <param name="options">How pictures are decoded and prepared; null: the defaults.</param>
    /// <exception cref="InvalidOperationException">The transforms give no fixed size.</exception>
    public ImagePreparation(Preprocessing preprocessing, ImageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        _options = options ?? new ImageOptions();
        _channels = preprocessing.Channels;
        _transforms = _options.TransformsFor(preprocessing, augment: false);
        (Width, Height) = (_transforms.FixedSize.Width, _transforms.FixedSize.Height);
    }

    /// <summary>Width of what the network sees, in pixels.</summary>
    public int Width { get; }

    /// <summary>Height of what the network sees, in pixels.</summary>
    public int Height { get; }

    /// <summary>
    /// Decodes, resizes and cuts a picture: what a graph takes that was exported with
    /// <see cref="OnnxOptions.IncludePreprocessing"/>.
    /// </summary>
    /// <param name="image">The picture.</param>
    /// <returns>
    /// Red, green and blue of each pixel, in 0..255, row by row: <c>[H, W, 3]</c>; <c>[H, W, 1]</c> if the network sees gray.
    /// </returns>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public byte[] Pixels(ImageSource image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var reader = new SampleReader(_options, _channels);
        var pixels = reader.Transform(image, _transforms, default).Pixels();
        var values = new byte[_channels * Width * Height];
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
                new ReadOnlySpan<byte>(pixels.At(x, y), _channels).CopyTo(values.AsSpan(_channels * (y * Width + x)));
        return values;
    }

    /// <summary>Prepares a picture to the end: what a graph takes that was exported without its preprocessing.</summary>
    /// <param name="image">The picture.</param>
    /// <returns>
    /// Normalized values, all of red, then green, then blue: <c>[3, H, W]</c>; <c>[1, H, W]</c> if the network sees gray.
    /// </returns>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public float[] Values(ImageSource image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (pixels, values) = (new float[_channels * Width * Height], new float[_channels * Width * Height]);
        using (var reader = new SampleReader(_options, _channels))
            fixed (float* start = pixels)
                reader.Read(image, _transforms, default, start);
        for (var i = 0; i < pixels.Length; i++)
            values[i % _channels * Width * Height + i / _channels] = pixels[i];
        return values;
    }
}
