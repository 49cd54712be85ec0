namespace TransferKit;

/// <summary>How <see cref="TransferModel.Explain"/> finds out which parts of an image decide. A value.</summary>
public abstract record ExplanationMethod
{
    private protected ExplanationMethod()
    {
    }

    /// <summary>
    /// Grad-CAM (Selvaraju et al., 2017): the last feature map, its channels weighted by the mean gradient of the class's score.
    /// Costs one pass forward and a short one backward. As fine as that map: 7 × 7 fields for most networks at 224 px.
    /// </summary>
    public static ExplanationMethod GradCam { get; } = new GradCam(PlusPlus: false);

    /// <summary>
    /// Grad-CAM++ (Chattopadhay et al., 2018): as <see cref="GradCam"/>, with weights that make up for how large an object is, so
    /// that several objects of one class show.
    /// </summary>
    public static ExplanationMethod GradCamPlusPlus { get; } = new GradCam(PlusPlus: true);

    /// <summary>
    /// Attention rollout (Abnar and Zuidema, 2020), for vision transformers: from which patches attention, layer upon layer,
    /// gathers what the class is told from. It doesn't depend on the class.
    /// </summary>
    public static ExplanationMethod AttentionRollout { get; } = new AttentionRollout();

    /// <summary>
    /// Occlusion (Zeiler and Fergus, 2014): how much the class's score falls when a square of the image is covered in the mean
    /// color. Works for every network, and costs a pass forward for each place of the square.
    /// </summary>
    /// <param name="size">Height and width of the square, in pixels; null: a quarter of the image's shorter side.</param>
    /// <param name="stride">Pixels from one place to the next; null: half of <paramref name="size"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is less than 1.</exception>
    public static ExplanationMethod Occlusion(int? size = null, int? stride = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size ?? 1, 1, nameof(size));
        ArgumentOutOfRangeException.ThrowIfLessThan(stride ?? 1, 1, nameof(stride));
        return new Occlusion(size, stride);
    }

    /// <summary>What fits a network: attention rollout for vision transformers, Grad-CAM for all others.</summary>
    internal static ExplanationMethod For(Network network) =>
        TransferKit.AttentionRollout.Fits(network) ? AttentionRollout : GradCam;

    /// <summary>The method's name in words.</summary>
    public abstract override string ToString();

    /// <summary>Finds out which parts of an image decide.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="image"><c>[1, C, H, W]</c>, as <see cref="LiveModel.PrepareInput"/> gives it.</param>
    /// <param name="label">The class, in <c>[0, classes)</c>.</param>
    /// <returns><c>[1, 1, h, w]</c>, at least 0; scaled and resized by the caller, in whose dispose scope it is.</returns>
    internal abstract TorchSharp.torch.Tensor Map(LiveModel model, TorchSharp.torch.Tensor image, int label);
}
