using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>What timm's classes of vision transformers are all told, in their words.</summary>
internal abstract record TransformerConfig
{
    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    /// <summary>Features of a token.</summary>
    public int EmbedDim { get; set; } = 768;

    /// <summary>Blocks.</summary>
    public int Depth { get; set; } = 12;

    /// <summary>Heads of each attention.</summary>
    public int NumHeads { get; set; } = 12;
}
