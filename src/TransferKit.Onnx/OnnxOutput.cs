using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace TransferKit.Vision;

/// <summary>The output of a graph that scores images.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How many numbers it has for each image; null: the graph doesn't say.</param>
internal sealed record OnnxOutput(string Name, int? Count)
{
    /// <exception cref="ModelFileException">There is none, or it isn't clear which.</exception>
    public static OnnxOutput Of(string path, InferenceSession session, OnnxPredictorOptions options)
    {
        var outputs = session.OutputMetadata;
        var names = string.Join(", ", outputs.Keys.Select(name => $"'{name}'"));
        var name = options.Output is { } chosen
            ? outputs.Keys.FirstOrDefault(output => output == chosen)
                ?? throw new ModelFileException(path, $"its graph has no output '{chosen}', but {names}.")
            : outputs.Count == 1 ? outputs.Keys.Single()
            : new[] { OnnxDescription.Probabilities, "logits" }.FirstOrDefault(outputs.ContainsKey)
                ?? throw new ModelFileException(path, $"its graph has the outputs {names}: say which of them scores the classes, "
                    + $"as {nameof(OnnxPredictorOptions)}.{nameof(OnnxPredictorOptions.Output)}.");
        var output = outputs[name];
        if (!output.IsTensor || output.ElementDataType != TensorElementType.Float)
            throw new ModelFileException(path, $"its output '{name}' is "
                + $"{(output.IsTensor ? output.ElementDataType : output.OnnxValueType)}, and scores of classes "
                + "are a tensor of float32.");
        var sizes = output.Dimensions;
        if (sizes.Length < 2)
            throw new ModelFileException(path, $"its output '{name}' has {sizes.Length} dimensions, and scores have two: "
                + "[batch, classes].");
        return new(name,
            sizes.Skip(1).All(size => size > 0) ? sizes.Skip(1).Aggregate(1, (product, size) => product * size) : null);
    }
}
