namespace TransferKit;

/// <summary>The library whose names, networks and weights are meant.</summary>
public enum Zoo
{
    /// <summary>torchvision.</summary>
    TorchVision,

    /// <summary>timm, PyTorch Image Models (Wightman, 2019).</summary>
    Timm,
}
