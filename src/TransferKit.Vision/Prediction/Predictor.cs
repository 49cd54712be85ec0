using TorchSharp;

namespace TransferKit.Vision;

/// <summary>
/// Names what pictures show, with a saved model: decodes, prepares as the model's weights expect it, and computes.
/// Safe to call from several threads; they take turns.
/// </summary>
public sealed class Predictor : IDisposable
{
    private const int BatchSize = 16;

    private readonly TransferModel _model;
    private readonly Transforms _transforms;
    private readonly Lock _turn = new();

    private Predictor(TransferModel model) => (_model, _transforms) = (model, Transforms.Evaluate(model.Preprocessing));

    /// <summary>The names of the classes that the model tells apart.</summary>
    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    /// <summary>Loads a model that <see cref="TransferModel.Save"/> wrote.</summary>
    /// <param name="path">The file, such as <c>flowers.tkm</c>.</param>
    /// <param name="device">Where it shall compute; null: <see cref="ComputeDevice.Auto"/>.</param>
    /// <exception cref="ModelFileException">The file is not there, damaged, or of a newer format.</exception>
    public static Predictor Load(string path, ComputeDevice? device = null) => new(TransferModel.Load(path, device));

    /// <summary>Names what a picture file shows.</summary>
    /// <param name="file">The file: JPEG, PNG, WebP, GIF or BMP, by content.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public Prediction Predict(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return Predict(ImageFile.At(file));
    }

    /// <summary>Names what a picture in a stream shows.</summary>
    /// <param name="stream">The encoded picture, from its position to its end; stays open.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public Prediction Predict(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Predict(new ImageBytes("stream", bytes.ToArray()));
    }

    /// <summary>Names what an encoded picture in memory shows.</summary>
    /// <param name="bytes">The encoded picture.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public Prediction Predict(ReadOnlySpan<byte> bytes) => Predict(new ImageBytes("bytes in memory", bytes.ToArray()));

    /// <summary>
    /// Names what many picture files show, in batches, decoding the next ones on all cores meanwhile. Lazy: pictures are read
    /// as the results are taken.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <returns>One prediction a file, in their order.</returns>
    /// <exception cref="ImageException">
    /// A picture can't be read; thrown where the results of its batch would have come.
    /// </exception>
    public IEnumerable<Prediction> PredictMany(IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Predict([.. files.Select(ImageFile.At)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn)
            _model.Dispose();
    }

    private Prediction Predict(ImageSource source) => Predict([source]).Single();

    private IEnumerable<Prediction> Predict(ImageSource[] sources)
    {
        var options = new ReadOptions
        {
            Preprocessing = _model.Preprocessing,
            Order = [.. Enumerable.Range(0, sources.Length)],
            BatchSize = BatchSize,
            Workers = Math.Min(sources.Length, Environment.ProcessorCount),
        };
        var pictures = new ImageDataset(
            [.. ClassNames], sources, Targets.Classes(new int[sources.Length], ClassNames.Count),
            new ImageOptions { EvaluateTransforms = _ => _transforms });
        foreach (var batch in pictures.Read(options))
        {
            float[] probabilities;
            lock (_turn)
            {
                using (batch)
                using (torch.NewDisposeScope())
                    probabilities = [.. _model.Forward(batch.Images).softmax(1).cpu().data<float>()];
            }
            foreach (var one in probabilities.Chunk(ClassNames.Count))
                yield return new Prediction(ClassNames, one);
        }
    }
}
