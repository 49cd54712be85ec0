namespace TransferKit;

/// <summary>How a saved model is loaded: where it shall live, and the code that a file can't hold.</summary>
public sealed record LoadOptions
{
    /// <summary>Where the model shall live. Default: <see cref="ComputeDevice.Auto"/>.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Auto;

    /// <summary>
    /// The numbers it shall compute with when it is trained further, evaluated or compiled. Default:
    /// <see cref="Precision.Auto"/>.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>The head that the model was built with, where that was a <see cref="Head.Custom"/> one. Default: none.</summary>
    public Head? CustomHead { get; init; }

    /// <summary>
    /// The plan of <see cref="Backbone.Custom"/> that the model was built with, where it was one. Default: none.
    /// </summary>
    public TransferPlan? CustomBackbone { get; init; }

    /// <summary>A device alone: <c>TransferModel.Load("flowers.tkm", ComputeDevice.Cpu)</c>.</summary>
    /// <param name="device">Where the model shall live.</param>
    public static implicit operator LoadOptions(ComputeDevice device) => new() { Device = device };

    /// <summary>The device, the precision, and the custom parts where there are any.</summary>
    public override string ToString() =>
        string.Join(", ", new object?[] { Device, Precision, CustomHead, CustomBackbone }.OfType<object>());
}
