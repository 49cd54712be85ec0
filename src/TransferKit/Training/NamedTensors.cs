using TorchSharp;

namespace TransferKit;

/// <summary>State that is kept as tensors with names.</summary>
internal static class NamedTensors
{
    /// <summary>Overwrites tensors with those of the same names, bit for bit.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, or has another shape or type; nothing was changed.</exception>
    public static void Copy(
        IReadOnlyDictionary<string, torch.Tensor> from, IEnumerable<(string Name, torch.Tensor Value)> to)
    {
        var pairs = to.Select(target => (target.Name, target.Value, Saved: from.GetValueOrDefault(target.Name))).ToList();
        foreach (var (name, value, saved) in pairs)
        {
            if (saved is null)
                throw new ArgumentException(
                    $"The saved state has no tensor '{name}': it belongs to other options or another model.", nameof(from));
            if (!saved.shape.SequenceEqual(value.shape) || saved.dtype != value.dtype)
                throw new ArgumentException($"The saved tensor '{name}' is {saved.dtype} [{string.Join(", ", saved.shape)}], "
                    + $"not {value.dtype} [{string.Join(", ", value.shape)}]: it belongs to other options or another model.",
                    nameof(from));
        }
        using var noGradient = torch.no_grad();
        foreach (var (_, value, saved) in pairs)
            value.copy_(saved!);
    }
}
