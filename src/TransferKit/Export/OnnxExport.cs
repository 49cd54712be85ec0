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
    public static void Write(LiveModel model, ModelFacts facts, string path, OnnxOptions options,
        long largest = OnnxModelWriter.LargestModel)
    {
        options.Validate();
        var task = facts.Task ?? LearningTask.Classification;
        if (options.Softmax && !TaskDefinition.Of(task).HasClasses)
            throw new ArgumentException("The model is a regression, which gives numbers and no probabilities: export it with "
                + $"{nameof(OnnxOptions.Softmax)} = false.", nameof(options));
        var preprocessing = options.ImageSize is { } pixels ? model.Preprocessing.ForCrop(pixels) : model.Preprocessing;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var folded = options.FoldBatchNorm ? Fold(model) : null;
        var network = folded ?? model.Network;
        var graph = new OnnxGraph(network, options);
        var image = network.InputShape(preprocessing.CropSize);
        // Says whether the network can take such images, in words of its own.
        network.OutputShape(image);

        var pictures = new OnnxPictures(options.IncludePreprocessing, preprocessing, image);
        var isWhole = options.IncludePreprocessing == OnnxPreprocessing.Whole;
        if (isWhole && facts.Preparation is { } preparation)
            throw new InvalidOperationException($"The model was evaluated on pictures prepared as {preparation}, and the graph can resize, "
                + "crop and normalize them alone: prepare them yourself, and export with IncludePreprocessing = false.");
        var logits = network.Compute(new OnnxOperations(graph), pictures.Emit(graph));
        // Whoever has pictures prepared by the graph has all of it done there.
        var temperature = isWhole && options.Softmax ? facts.Temperature : null;
        var output = options.Softmax
            ? graph.Named("probabilities", Probabilities(graph, logits, task, temperature))
            : graph.Named("logits", logits);

        var content = new OnnxMessage().Add(OnnxFields.Graph.Name, model.Recipe.Model);
        foreach (var node in graph.Nodes)
            content.Add(OnnxFields.Graph.Node, node);
        content.Add(OnnxFields.Graph.Input, Describe(pictures.Input, pictures.Type))
            .Add(OnnxFields.Graph.Output, Describe(output, torch.ScalarType.Float32));
        var writer = new OnnxModelWriter(path, graph.Initializers, largest);
        var metadata = new OnnxMetadata
        {
            ClassNames = facts.ClassNames ?? ModelFacts.Numbers(network.Classes),
            Task = task,
            Preprocessing = preprocessing,
            Preparation = facts.Preparation,
            Temperature = temperature is null ? facts.Temperature : null,
            Threshold = options.Threshold ?? TaskDefinition.Of(task).Threshold,
            TakesWholePictures = isWhole,
        };
        ExportFile.Write(path, stream => writer.Write(stream, Describe(model, metadata, graph.Opset), content));
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
        foreach (var (key, value) in metadata.Entries().Prepend(("model", model.Recipe.Model)).Prepend(("library", $"{Producer} {library}")))
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
