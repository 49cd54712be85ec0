namespace TransferKit;

/// <summary>
/// Group normalization of <c>[N, C, H, W]</c> (Wu and He, 2018): each sample's groups of channels by their own mean and variance.
/// </summary>
internal sealed class GroupNorm : Layer
{
    private readonly int _groups;
    private readonly double _epsilon;
    private readonly Weight _weight;
    private readonly Weight? _bias;

    /// <summary>Creates a group normalization.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="groups">Groups of channels; they divide the channels.</param>
    /// <param name="epsilon">Added to the variance before the root.</param>
    /// <param name="scale">How the scale starts; null: ones.</param>
    /// <param name="bias">Whether a number is added to each channel at the end.</param>
    /// <exception cref="ArgumentException">The groups don't divide the channels.</exception>
    public GroupNorm(int channels, int groups, double epsilon = 1e-5, Initializer? scale = null, bool bias = true)
    {
        if (channels % groups != 0)
            throw new ArgumentException($"{groups} groups don't divide {channels} channels.", nameof(groups));
        (_groups, _epsilon) = (groups, epsilon);
        _weight = AddParameter("weight", [channels], scale ?? Initialize.Ones);
        _bias = bias ? AddParameter("bias", [channels], Initialize.Zeros) : null;
    }

    internal override bool IsNorm => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        if (ops.Size(input, 1) != _weight.Count)
            throw new ArgumentException(
                $"A group norm over {_weight.Count} channels can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var scale = ops.Weight(_weight);
        var shift = _bias is null ? ops.Constant(scale, new float[_weight.Count], _weight.Count) : ops.Weight(_bias);
        return ops.GroupNorm(input, _groups, scale, shift, _epsilon);
    }
}
