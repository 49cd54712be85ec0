namespace TransferKit;

/// <summary>Dotted layer paths, and patterns over them in which <c>*</c> stands for one segment.</summary>
internal static class LayerPattern
{
    /// <summary>Whether a path is the pattern's layer or lies below it; whole segments count: layer1 is not layer10.</summary>
    public static bool Matches(string pattern, string path)
    {
        var (wanted, found) = (pattern.Split('.'), path.Split('.'));
        return wanted.Length <= found.Length && wanted.Zip(found).All(pair => pair.First == "*" || pair.First == pair.Second);
    }

    /// <summary>Whether a path is a layer or lies below it. Everything lies below the empty path.</summary>
    public static bool IsWithin(string path, string layer) =>
        layer.Length == 0 || path == layer || path.StartsWith(layer + ".", StringComparison.Ordinal);

    /// <summary>The number of segments that two paths begin with alike.</summary>
    public static int CommonDepth(string path, string other) =>
        path.Split('.').Zip(other.Split('.')).TakeWhile(pair => pair.First == pair.Second).Count();

    /// <summary>The first segments of a path.</summary>
    public static string Truncate(string path, int segments) => string.Join('.', path.Split('.').Take(segments));
}
