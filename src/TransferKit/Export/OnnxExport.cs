using TorchSharp;

namespace TransferKit;

/// <summary>Turns a model into an ONNX file: a reader of the layer tree, in which each layer emits its own nodes.</summary>
internal static class OnnxExport
{
    private const int IrVersion = 8;

    private const string Producer = "TransferKit";

    /// <param name="model">The model.</param>
    /// <param name="facts">What its outputs mean, and how its pictures were prepared.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">What goes into the graph.</param>
    /// <param name="largest">Up to how many bytes of weights stay in the file; more go into one beside it.</param>
    /// <param name="cancellation">Ends the calibration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What weights in 8 bits cost; null where they aren't.</returns>
    public static QuantizationReport? Write(LiveModel model, ModelFacts facts, string path, OnnxOptions options,
        long largest = OnnxModelWriter.LargestModel, CancellationToken cancellation = default)
    {
        options.Validate();
        var task = facts.Task ?? LearningTask.Classification;
        var classNames = facts.ClassNames ?? ModelFacts.Numbers(model.Network.Classes);
        if (options.Softmax && !TaskDefinition.Of(task).HasClasses)
            throw new ArgumentException("The model is a regression, which gives numbers and no probabilities: export it with "
                + $"{nameof(OnnxOptions.Softmax)} = false.", nameof(options));
        var preprocessing = options.ImageSize is { } pixels ? model.Preprocessing.ForCrop(pixels) : model.Preprocessing;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var isQuantized = options.Weights == OnnxWeights.Int8;
        using var folded = options.FoldBatchNorm || isQuantized ? Fold(model) : null;
        var network = folded ?? model.Network;
        var image = network.InputShape(preprocessing.CropSize);
        // Says whether the network can take such images, in words of its own.
        network.OutputShape(image);

        var pictures = new OnnxPictures(options.IncludePreprocessing, preprocessing, image);
        var isWhole = options.IncludePreprocessing == OnnxPreprocessing.Whole;
        if (isWhole && facts.Preparation is { } preparation)
            throw new InvalidOperationException($"The model was evaluated on pictures prepared as {preparation}, and the graph "
                + "can resize, crop and normalize them alone: prepare them yourself, and "
                + "export with IncludePreprocessing = false.");
        // Whoever has pictures prepared by the graph has all of it done there.
        var temperature = isWhole && options.Softmax ? facts.Temperature : null;
        // In float32 at first in any case: what can't be exported is found before the calibration, which takes minutes.
        var (graph, output) = Emit(static graph => new OnnxOperations(graph));
        QuantizationReport? report = null;
        if (isQuantized)
        {
            var bytes = graph.Bytes;
            using var quantizer = new Quantizer(model, network, options, preprocessing, task, classNames, cancellation);
            (var quantization, report) = LargeBlockThread.Run(() => quantizer.Run(bytes));
            (graph, output) = Emit(graph => new OnnxQuantization(graph, quantization));
        }

        var content = new OnnxMessage().Add(OnnxFields.Graph.Name, model.Recipe.Model);
        foreach (var node in graph.Nodes)
            content.Add(OnnxFields.Graph.Node, node);
        content.Add(OnnxFields.Graph.Input, Describe(pictures.Input, pictures.Type))
            .Add(OnnxFields.Graph.Output, Describe(output, torch.ScalarType.Float32));
        var writer = new OnnxModelWriter(path, graph.Initializers, largest);
        var metadata = new OnnxMetadata
        {
            ClassNames = classNames,
            Task = task,
            Preprocessing = preprocessing,
            Preparation = facts.Preparation,
            Temperature = temperature is null ? facts.Temperature : null,
            Threshold = options.Threshold ?? TaskDefinition.Of(task).Threshold,
            TakesWholePictures = isWhole,
        };
        ExportFile.Write(path, stream => writer.Write(stream, Describe(model, metadata, graph.Opset), content));
        return report;

        (OnnxGraph Graph, OnnxValue Output) Emit(Func<OnnxGraph, Operations<OnnxValue>> operations)
        {
            var graph = new OnnxGraph(network, options);
            var type = options.Weights == OnnxWeights.Float16 ? torch.ScalarType.Float16 : torch.ScalarType.Float32;
            var images = graph.Cast(pictures.Emit(graph), type);
            var logits = graph.Cast(network.Compute(operations(graph), images), torch.ScalarType.Float32);
            return (graph, options.Softmax
                ? graph.Named("probabilities", Probabilities(graph, logits, task, temperature))
                : graph.Named("logits", logits));
        }
    }

    /// <summary>A twin of the model's network without the norms that layers in front can do; the model stays as it is.</summary>
    private static Network Fold(LiveModel model)
    {
        var twin = model.Network.Twin();
        CompiledLayers.Fold(twin.Steps);
        return twin;
    }

    /// <summary>Probabilities that sum to 1 where an image has one class, and one by one where it has any number.</summary>
    private static OnnxValue Probabilities(OnnxGraph graph, OnnxValue logits, LearningTask task, double? temperature)
    {
        var scaled = temperature is { } divisor ? graph.Combine("Div", logits, graph.Scalar(divisor)) : logits;
        return TaskDefinition.Of(task).HasOneClass ? graph.Map("Softmax", scaled, ("axis", 1)) : graph.Map("Sigmoid", scaled);
    }

    private static OnnxMessage Describe(LiveModel model, OnnxMetadata metadata, int opset)
    {
        var library = ModelDescription.CurrentLibrary;
        var message = new OnnxMessage()
            .Add(OnnxFields.Model.IrVersion, IrVersion)
            .Add(OnnxFields.Model.ProducerName, Producer)
            .Add(OnnxFields.Model.ProducerVersion, library)
            .Add(OnnxFields.Model.OpsetImport, new OnnxMessage().Add(OnnxFields.OperatorSet.Version, opset));
        (string, string)[] origin = [("library", $"{Producer} {library}"), ("model", model.Recipe.Model)];
        foreach (var (key, value) in origin.Concat(metadata.Entries()))
            message.Add(OnnxFields.Model.MetadataProps, OnnxModelWriter.Entry(key, value));
        return message;
    }

    private static OnnxMessage Describe(OnnxValue value, torch.ScalarType type)
    {
        var shape = new OnnxMessage();
        foreach (var size in value.Sizes)
            shape.Add(OnnxFields.ValueInfo.Dimension, size switch
            {
                OnnxValue.Batch => new OnnxMessage().Add(OnnxFields.ValueInfo.Symbol, "batch"),
                OnnxValue.Height => new OnnxMessage().Add(OnnxFields.ValueInfo.Symbol, "height"),
                OnnxValue.Width => new OnnxMessage().Add(OnnxFields.ValueInfo.Symbol, "width"),
                _ => new OnnxMessage().Add(OnnxFields.ValueInfo.Size, size),
            });
        var tensor = new OnnxMessage()
            .Add(OnnxFields.ValueInfo.ElementType, (long)ElementTypes.OnnxNumber(type))
            .Add(OnnxFields.ValueInfo.Shape, shape);
        return new OnnxMessage()
            .Add(OnnxFields.ValueInfo.Name, value.Name)
            .Add(OnnxFields.ValueInfo.Type, new OnnxMessage().Add(OnnxFields.ValueInfo.TypeTensor, tensor));
    }
}
