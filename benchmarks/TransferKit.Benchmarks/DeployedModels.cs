using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>A model in the files that deployment.py and baseline/onnx_node.mjs measure.</summary>
internal static class DeployedModels
{
    private const int CalibrationPictures = 256;

    /// <summary>Writes model.tkm, model.onnx, model.whole.onnx, which prepares pictures, and model.int8.onnx.</summary>
    public static void Write(string pictures, string folder, TransferPlan plan)
    {
        Directory.CreateDirectory(folder);
        using var model = plan.On(ComputeDevice.Cpu).Build();
        model.Save(Path.Join(folder, "model.tkm"));
        model.ExportOnnx(Path.Join(folder, "model.onnx"));
        model.ExportOnnx(Path.Join(folder, "model.whole.onnx"),
            new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole, Softmax = true });
        Console.WriteLine(model.ExportOnnx(Path.Join(folder, "model.int8.onnx"), new OnnxOptions
        {
            Weights = OnnxWeights.Int8, Calibration = ImageFolder.Open(pictures).Take(CalibrationPictures), MaximumLoss = 1,
        }));
    }
}
