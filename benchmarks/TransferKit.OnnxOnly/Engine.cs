using TransferKit.Vision;

/// <summary>What computes.</summary>
internal static class Engine
{
    public const bool IsLibtorch = false;

    public static Predictor Load(string model) => OnnxPredictor.Load(model);
}
