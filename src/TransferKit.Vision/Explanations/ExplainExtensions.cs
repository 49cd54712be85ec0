namespace TransferKit.Vision;

/// <summary>Explains what a model makes of picture files.</summary>
public static class ExplainExtensions
{
    /// <summary>Finds out which parts of a picture decide: <c>model.Explain("daisy.jpg").Save("why.png")</c>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="picture">The picture: a file's path, or wherever else it comes from.</param>
    /// <param name="method">How; null: attention rollout for vision transformers, Grad-CAM for all others.</param>
    /// <param name="className">What speaks for this class; null: for the one that the model takes the picture for.</param>
    /// <param name="options">How the picture is decoded and prepared; null: as in the model's evaluation.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    /// <exception cref="ArgumentException">
    /// There is no such class, and the message has the nearest names; or the options are wrong.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The model was evaluated with a <see cref="Lambda"/>, and there are no options with it.
    /// </exception>
    /// <exception cref="NotSupportedException">The method doesn't fit the network; the message names one that does.</exception>
    public static PictureExplanation Explain(this TransferModel model, ImageSource picture,
        ExplanationMethod? method = null, string? className = null, ImageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(picture);
        using var explainer = new PictureExplainer(model, options?.Checked() ?? new ImageOptions().PreparedFor(model));
        return explainer.Explain(picture, method, className is null
            ? null
            : ClassOrder.LabelOf(className, model.ClassNames, nameof(className)));
    }
}
