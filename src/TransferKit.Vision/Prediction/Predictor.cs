namespace TransferKit.Vision;

/// <summary>
/// Says what pictures show, with a saved model: decodes, prepares as the model's weights expect it, and computes with the model's
/// layers compiled for inference. Made once and kept; safe to call from several threads at once.
/// </summary>
/// <remarks>
/// <see cref="Load"/> opens what <see cref="TransferModel.Save"/> wrote, and computes in libtorch. <c>OnnxPredictor.Load</c> of
/// the package TransferKit.Onnx opens what <see cref="TransferModel.ExportOnnx"/> wrote, and computes in ONNX Runtime, without
/// libtorch.
/// </remarks>
public sealed partial class Predictor : IDisposable
{
    // One being computed with, one that is ready, one being decoded.
    private const int BatchesAhead = 2;

    private readonly InferenceEngine _engine;
    private readonly PictureReader _reader;
    private readonly PredictionOptions _options;

    /// <param name="engine">What computes, which then belongs to the predictor.</param>
    /// <param name="reader">Makes what the engine takes, and belongs to the predictor too.</param>
    /// <param name="options">What to make of the outputs.</param>
    internal Predictor(InferenceEngine engine, PictureReader reader, PredictionOptions options) =>
        (_engine, _reader, _options) = (engine, reader, options);

    /// <summary>The names of the classes that the model tells apart, or of the numbers that it gives.</summary>
    public IReadOnlyList<string> ClassNames => _engine.ClassNames;

    /// <summary>Loads a model that <see cref="TransferModel.Save"/> wrote.</summary>
    /// <param name="path">The file, such as <c>flowers.tkm</c>.</param>
    /// <param name="options">How to compute, and what to make of it; null: the defaults.</param>
    /// <exception cref="ModelFileException">
    /// The file is not there, damaged, or of a newer format; or the model takes images of neither three channels nor one.
    /// </exception>
    /// <exception cref="DeviceException">The device is not there.</exception>
    /// <exception cref="ArgumentException">The options are wrong, or the device can't compute with such numbers.</exception>
    /// <exception cref="InvalidOperationException">
    /// The transforms give no fixed size, or have no center to take views of; or the options say how to prepare pictures, and the
    /// model was evaluated on pictures prepared in another way; or they say nothing, and it was evaluated with a
    /// <see cref="Lambda"/>, which no file can hold.
    /// </exception>
    public static Predictor Load(string path, PredictorOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new PredictorOptions();
        options.Validate();
        var model = TransferModel.Load(path, new LoadOptions
        {
            Device = options.Device, Precision = options.Precision,
            CustomHead = options.CustomHead, CustomBackbone = options.CustomBackbone,
        });
        try
        {
            if (model.Plan.InputChannels is var channels and not (1 or 3))
                throw new ModelFileException(path, $"its images have {channels} channels, and pictures have 3, or 1 if gray: "
                    + $"load it with {nameof(TransferModel)} and call {nameof(TransferModel.Forward)}.");
            var images = options.Images.PreparedFor(model.Preprocessing, model.Preparation, $"{path}: the model");
            var memory = new DecodingMemory(images.DecodingMemoryBytes, options.QueueLimit);
            var reader = new PictureReader(images, model.Preprocessing, options.TestTimeAugmentation, memory);
            return new Predictor(new InferenceModel(model), reader, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Says what a picture file shows.</summary>
    /// <param name="file">The file, in any format of <see cref="ImageFormat"/>, by content.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    /// <exception cref="PredictorBusyException">Too many pictures wait for memory to be decoded in.</exception>
    /// <exception cref="PredictionException">The model's outputs are no finite numbers.</exception>
    public Prediction Predict(string file) => Predict(ImageSource.FromFile(file));

    /// <summary>Says what a picture in a stream shows.</summary>
    /// <param name="stream">The encoded picture, from its position to its end; stays open.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    /// <exception cref="PredictorBusyException">Too many pictures wait for memory to be decoded in.</exception>
    /// <exception cref="PredictionException">The model's outputs are no finite numbers.</exception>
    public Prediction Predict(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Predict(Encoded(bytes));
    }

    /// <summary>Says what an encoded picture in memory shows.</summary>
    /// <param name="bytes">The encoded picture.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    /// <exception cref="PredictorBusyException">Too many pictures wait for memory to be decoded in.</exception>
    /// <exception cref="PredictionException">The model's outputs are no finite numbers.</exception>
    public Prediction Predict(ReadOnlySpan<byte> bytes) => Predict(ImageSource.FromBytes(bytes.ToArray()));

    /// <summary>Says what a picture shows that is already decoded.</summary>
    /// <param name="rgb">Red, green and blue of each pixel, row by row: 3 · width · height bytes.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <exception cref="ArgumentException">The number of bytes does not fit the size.</exception>
    public Prediction PredictPixels(ReadOnlySpan<byte> rgb, int width, int height) =>
        Predict(ImageSource.FromPixels(rgb, width, height));

    /// <summary>Says what a picture from anywhere shows.</summary>
    /// <param name="image">The picture.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    /// <exception cref="PredictorBusyException">Too many pictures wait for memory to be decoded in.</exception>
    /// <exception cref="PredictionException">The model's outputs are no finite numbers.</exception>
    public Prediction Predict(ImageSource image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return ToResults(_reader.Read(image))[0].PredictionOrThrow();
    }

    /// <summary>
    /// Says what a picture in a stream shows, without blocking while it arrives or waits: for uploads. Computes on another
    /// thread.
    /// </summary>
    /// <param name="stream">The encoded picture, from its position to its end; stays open.</param>
    /// <param name="cancellationToken">Ends reading and waiting with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    /// <exception cref="PredictorBusyException">Too many pictures wait for memory to be decoded in.</exception>
    /// <exception cref="PredictionException">The model's outputs are no finite numbers.</exception>
    public async Task<Prediction> PredictAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        var results = await ToResultsAsync(_reader.ReadAsync(Encoded(bytes), cancellationToken)).ConfigureAwait(false);
        return results[0].PredictionOrThrow();
    }

    /// <summary>Frees the model, once the calls that are at work are done; later ones throw.</summary>
    public void Dispose()
    {
        _engine.Dispose();
        _reader.Dispose();
    }

    private static ImageBytes Encoded(MemoryStream stream) => ImageStream.Encoded(stream, "image from a stream");

    private async Task<PredictionResult[]> ToResultsAsync(Task<PictureBatch> reading)
    {
        var batch = await reading.ConfigureAwait(false);
        return await Task.Run(() => ToResults(batch)).ConfigureAwait(false);
    }

    private PredictionResult[] ToResults(PictureBatch batch)
    {
        using (batch)
        {
            var answers = new Queue<float[][]>(_engine.Run(batch.TakeViews()).Chunk(_reader.Views));
            return
            [
                .. batch.Sources.Zip(batch.Failures, (image, failure) =>
                    new PredictionResult(image, failure is null ? ToPrediction(image, answers.Dequeue()) : null, failure)),
            ];
        }
    }

    /// <param name="image">The picture.</param>
    /// <param name="views">What the network put out for each of its views.</param>
    private Prediction ToPrediction(ImageSource image, float[][] views)
    {
        if (!views.All(outputs => outputs.All(float.IsFinite)))
            throw new PredictionException(image.Name);
        var task = TaskDefinition.Of(_engine.Task);
        var probabilities = views.Select(outputs => task.ProbabilitiesOf(outputs, _engine.Temperature)).ToArray();
        return new Prediction(_engine.Task, ClassNames, Mean(views), Mean(probabilities), _options);
    }

    private static float[] Mean(float[][] rows) => rows.Length == 1
        ? rows[0]
        : [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Average(row => row[i]))];
}
