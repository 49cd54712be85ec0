using System.Drawing;
using Microsoft.ML.OnnxRuntime;

namespace TransferKit.Vision;

/// <summary>A graph in ONNX Runtime.</summary>
/// <param name="session">The graph, which then belongs to this one.</param>
/// <param name="input">What it takes.</param>
/// <param name="output">What it gives.</param>
/// <param name="model">What that means.</param>
internal sealed class OnnxEngine(InferenceSession session, OnnxInput input, OnnxOutput output, OnnxDescription model)
    : InferenceEngine
{
    private readonly RunOptions _options = new();

    public override IReadOnlyList<string> ClassNames => model.ClassNames;

    public override LearningTask Task => model.Task;

    public override double Temperature => model.Temperature;

    /// <inheritdoc cref="OnnxDescription.Threshold"/>
    public double? Threshold => model.Threshold;

    /// <exception cref="ModelFileException">The graph gives more or fewer outputs than there are names.</exception>
    public void RequireOutputs(string path, Size size)
    {
        // Where the graph doesn't say how many it gives, a black picture tells.
        var black = new float[size.Width * size.Height * input.Channels];
        var count = output.Count ?? Compute(new(black, 1, size.Height, size.Width, input.Channels))[0].Length;
        if (count != ClassNames.Count)
            throw new ModelFileException(path, $"its output '{output.Name}' has {count} numbers for an image, and there are "
                + $"{ClassNames.Count} names of classes: state {nameof(OnnxPredictorOptions)}."
                + $"{nameof(OnnxPredictorOptions.ClassNames)} with one for each, in their order.");
    }

    protected override IReadOnlyList<float[]> Compute(NormalizedViews views)
    {
        var rows = new List<float[]>(views.Count);
        var step = input.BatchSize ?? views.Count;
        for (var first = 0; first < views.Count; first += step)
        {
            var count = Math.Min(step, views.Count - first);
            rows.AddRange(input.With(views, first, count, tensor => Run(tensor, count)));
        }
        return rows;
    }

    protected override void Free()
    {
        session.Dispose();
        _options.Dispose();
    }

    private List<float[]> Run(OrtValue images, int count)
    {
        using var results = session.Run(_options, [input.Name], [images], [output.Name]);
        var values = results[0].GetTensorDataAsSpan<float>();
        var length = values.Length / (input.BatchSize ?? count);
        var rows = new List<float[]>(count);
        for (var i = 0; i < count; i++)
            rows.Add(ToOutputs(values.Slice(i * length, length)));
        return rows;
    }

    private float[] ToOutputs(ReadOnlySpan<float> values)
    {
        var outputs = values.ToArray();
        if (model.GivesProbabilities)
        {
            var task = TaskDefinition.Of(Task);
            for (var i = 0; i < outputs.Length; i++)
                outputs[i] = (float)task.Output(outputs[i]);
        }
        return outputs;
    }
}
