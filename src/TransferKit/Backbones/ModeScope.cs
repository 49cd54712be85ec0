namespace TransferKit;

/// <summary>
/// A time in which layers are in another mode than before. When it ends, each is in the mode that it was in: who looks at a
/// network while it trains leaves the training as it was.
/// </summary>
internal sealed class ModeScope : IDisposable
{
    private readonly (Layer Layer, bool Training)[] _before;

    /// <param name="layers">The layers whose modes may change in the scope.</param>
    public ModeScope(IEnumerable<Layer> layers) => _before = [.. layers.Select(layer => (layer, layer.Training))];

    public void Dispose()
    {
        foreach (var (layer, training) in _before)
            layer.Training = training;
    }
}
