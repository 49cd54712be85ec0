using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>An activation of a convolutional network, by timm's name.</summary>
internal enum ConvActivation
{
    Relu = ActivationFunction.Relu,
    Relu6 = ActivationFunction.Relu6,
    Silu = ActivationFunction.Silu,
    Gelu = ActivationFunction.Gelu,

    [JsonStringEnumMemberName("gelu_tanh")]
    GeluTanh = ActivationFunction.GeluTanh,

    [JsonStringEnumMemberName("hard_swish")]
    HardSwish = ActivationFunction.Hardswish,
}

/// <summary>Makes layers of activations' names.</summary>
internal static class ConvActivations
{
    public static Layer ToLayer(this ConvActivation name) => new Activation((ActivationFunction)name);
}
