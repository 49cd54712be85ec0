namespace TransferKit.Vision;

/// <summary>
/// Opens ONNX files as a <see cref="Predictor"/> that computes in ONNX Runtime: for programs that only predict, which then need
/// no libtorch. Pictures are prepared to the same bits as by <see cref="Predictor.Load"/>.
/// </summary>
public static class OnnxPredictor
{
    /// <summary>
    /// Loads a model that <see cref="TransferModel.ExportOnnx"/> wrote, with any <see cref="OnnxOptions"/>: the file knows its
    /// classes, and how their pictures are prepared. Or any other classifier of images, where the options say both.
    /// </summary>
    /// <param name="path">
    /// The file, such as <c>flowers.onnx</c>; where there is a second one with weights, it lies beside it.
    /// </param>
    /// <param name="options">How to compute, and what to make of it; null: the defaults.</param>
    /// <returns>The predictor: made once and kept; safe to call from several threads at once.</returns>
    /// <exception cref="ModelFileException">
    /// The file is not there, no ONNX model or damaged; its weights are missing; ONNX Runtime can't run it; it takes something
    /// else than images; or neither it nor the options say what its classes are and how pictures are prepared.
    /// </exception>
    /// <exception cref="ArgumentException">The options are wrong, or name an execution provider that isn't there.</exception>
    /// <exception cref="InvalidOperationException">
    /// The transforms give no fixed size, or have no center to take views of; or the options say how to prepare pictures, and the
    /// model was evaluated on pictures prepared in another way; or they say nothing, and it was evaluated with a
    /// <see cref="Lambda"/>, which no file can hold.
    /// </exception>
    public static Predictor Load(string path, OnnxPredictorOptions? options = null)
    {
        options ??= new OnnxPredictorOptions();
        var (engine, reader) = Open(path, options);
        return new Predictor(engine, reader, options with { Threshold = options.Threshold ?? engine.Threshold });
    }

    /// <summary>What a predictor is made of; see <see cref="Load"/>.</summary>
    internal static (OnnxEngine Engine, PictureReader Reader) Open(string path, OnnxPredictorOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options.Validate();
        var session = OnnxSession.Open(path, options);
        try
        {
            var output = OnnxOutput.Of(path, session, options);
            var model = OnnxDescription.Of(path, session.ModelMetadata.CustomMetadataMap, output.Name, options);
            var input = OnnxInput.Of(path, session, model);
            var images = options.Images.PreparedFor(model.Preprocessing, model.Preparation, $"{path}: the model");
            if (input.TakesPixels)
                images = model.WithoutNormalization(path, images);
            var reader = new PictureReader(images, model.Preprocessing with { Channels = input.Channels },
                options.TestTimeAugmentation, new DecodingMemory(images.DecodingMemoryBytes, options.QueueLimit));
            input.Require(path, reader.Size);
            var engine = new OnnxEngine(session, input, output, model);
            engine.RequireOutputs(path, reader.Size);
            return (engine, reader);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
