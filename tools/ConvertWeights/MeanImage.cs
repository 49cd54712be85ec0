using System.Text.Json;
using TransferKit;
using static TorchSharp.torch;

namespace ConvertWeights;

/// <summary>What the original network subtracts, <c>[1, 3, 224, 224]</c> in 0..255, blue first.</summary>
internal static class MeanImage
{
    /// <summary>The mean of each channel, in 0..1.</summary>
    /// <param name="path">The ONNX model that subtracts it.</param>
    public static ChannelValues Mean(string path)
    {
        using var file = WeightsFile.Open(path);
        using var image = file.Tensors["MeanImage"].Read();
        using var means = image.mean([0, 2, 3]);
        var values = means.data<float>().ToArray();
        return new(values[2] / 255, values[1] / 255, values[0] / 255);
    }

    /// <summary>A preprocessing in the words of a saved model.</summary>
    public static string ToJson(Preprocessing preprocessing) =>
        JsonSerializer.Serialize(preprocessing, PreprocessingJson.Default.Preprocessing);
}
