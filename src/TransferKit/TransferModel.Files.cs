using TorchSharp;

namespace TransferKit;

public sealed partial class TransferModel
{
    /// <summary>
    /// Saves the model as one zip file: <c>weights.safetensors</c> under torchvision's names, and <c>model.json</c>.
    /// The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.tkm</c>; one that is there is replaced.</param>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    public void Save(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ModelFile.Save(path, Describe(), NamedTensors());
    }

    /// <summary>
    /// Writes the model as an ONNX graph (opset 17), for ONNX Runtime, ML.NET and others: input <c>images</c>
    /// <c>[batch, C, H, W]</c> in float32, output <c>logits</c> <c>[batch, classes]</c>, unless the options say otherwise.
    /// Batches may be of any length. The file's metadata hold the names of the classes and the preprocessing, as JSON, the task,
    /// and the <see cref="Temperature"/>, for <c>OnnxPredictor</c> of the package TransferKit.Onnx. It appears whole or not at
    /// all; above 2 GB, which is all that an ONNX file can hold, the weights go into a second file beside it, <c>….onnx.data</c>.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.onnx</c>; one that is there is replaced.</param>
    /// <param name="options">What goes into the graph; null: the defaults.</param>
    /// <param name="cancellationToken">Ends the calibration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What 8 bits cost and save; null for <see cref="OnnxOptions.Weights"/> in more.</returns>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    /// <exception cref="NotSupportedException">The network has a TorchSharp module, such as a custom head.</exception>
    /// <exception cref="ArgumentException">
    /// The network can't take images of the size in the options; or they ask for the probabilities of a regression; or
    /// calibration pictures are missing, too few, or of another size.
    /// </exception>
    /// <exception cref="QuantizationException">
    /// In 8 bits the model loses more than the options allow; it has the figures.
    /// </exception>
    public QuantizationReport? ExportOnnx(string path, OnnxOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return OnnxExport.Write(Live, Facts, path, options ?? new OnnxOptions(), cancellation: cancellationToken);
    }

    /// <summary>
    /// Writes the weights as PyTorch does with <c>torch.save(model.state_dict(), path)</c>, under torchvision's names:
    /// <c>model.load_state_dict(torch.load(path, weights_only=True))</c> takes them. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.pth</c>; one that is there is replaced.</param>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    public void ExportStateDict(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ExportFile.Write(path, stream => StateDictWriter.Write(stream, NamedTensors()));
    }

    /// <summary>
    /// Writes the weights in the safetensors format, under torchvision's names, for Python's <c>safetensors.torch.load_file</c>
    /// and others. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.safetensors</c>; one that is there is replaced.</param>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    public void ExportSafeTensors(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        // Hugging Face's libraries refuse files that don't say which framework's layout they have.
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        ExportFile.Write(path, stream => SafeTensorsWriter.Write(stream, NamedTensors(), metadata));
    }

    /// <summary>Loads a model that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">
    /// Where it shall live, and what a file can't hold; a device alone stands for itself. Null: the defaults.
    /// </param>
    /// <exception cref="ModelFileException">The file is not there, damaged, or of a newer format.</exception>
    /// <exception cref="ArgumentException">The device can't compute with such numbers.</exception>
    public static TransferModel Load(string path, LoadOptions? options = null)
    {
        options ??= new LoadOptions();
        var (model, facts) = ModelFile.Load(
            path, options.Device, options.Precision, options.CustomHead, options.CustomBackbone?.Recipe.Blueprint);
        return new TransferModel(model, facts);
    }

    /// <summary>What is known of the model beside its network.</summary>
    internal ModelFacts Facts =>
        new() { ClassNames = ClassNames, Task = Task, Temperature = Temperature, Preparation = Preparation };

    /// <summary>What a saved file says of the model.</summary>
    private ModelDescription Describe() => new()
    {
        FormatVersion = ModelDescription.CurrentVersion,
        Library = ModelDescription.CurrentLibrary,
        Model = Plan.Model,
        Head = Plan.Head,
        Classes = ClassNames,
        Task = _task,
        Temperature = Temperature,
        Preprocessing = Preprocessing,
        Preparation = Preparation,
        InputChannels = Plan.InputChannels,
        TransformsInput = Network.TransformsInput,
        PretrainedOn = Plan.Weights.ToString(),
        // Said outright, for the loaded model has weights whether this one began with some or not.
        Freezing = Plan.Freezing with { AllTrain = Plan.Freezing.AllTrain ?? Plan.Weights == Pretrained.None },
        BatchNorm = Plan.BatchNorm,
        Metrics = ModelMetrics.Of(Evaluation),
        Training = Training,
    };

    private IEnumerable<(string Name, torch.Tensor Value)> NamedTensors() =>
        Network.NamedWeights().Select(found => (found.Name, found.Weight.Value));
}
