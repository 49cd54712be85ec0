namespace TransferKit.Vision;

/// <summary>How a pixel is taken from between the pixels of the original when a picture is turned or bent.</summary>
public enum Sampling
{
    /// <summary>The pixel that lies nearest; torchvision's default.</summary>
    Nearest,

    /// <summary>A mixture of the four pixels around.</summary>
    Bilinear,
}
