using TransferKit.Vision;

/// <summary>What computes.</summary>
internal static class Engine
{
    public const bool IsLibtorch = true;

    public static Predictor Load(string model) => Predictor.Load(model);
}
