namespace TransferKit;

/// <summary>The joint projection of queries, keys and values: what all attention layers share.</summary>
internal static class AttentionHeads
{
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public static void RequireDivisible(int features, int heads)
    {
        if (features % heads != 0)
            throw new ArgumentException($"{heads} heads don't divide {features} features.", nameof(heads));
    }

    /// <summary>Takes the projection apart.</summary>
    /// <param name="ops">The operations.</param>
    /// <param name="projected"><c>[N, T, 3 · F]</c></param>
    /// <param name="heads">Heads that divide the features F.</param>
    /// <param name="headsFirst">
    /// Whether a head's queries, keys and values lie side by side, and not the queries, keys and values of all heads.
    /// </param>
    /// <returns>Each <c>[N, heads, T, F / heads]</c>.</returns>
    public static (T Queries, T Keys, T Values) Split<T>(
        Operations<T> ops, T projected, int heads, bool headsFirst = false)
        where T : class
    {
        var (tokens, features) = (ops.Size(projected, 1), ops.Size(projected, 2) / 3);
        var width = features / heads;
        if (headsFirst)
        {
            var each = ops.Split(Heads(projected, 3 * width), 3, width, width, width);
            return (each[0], each[1], each[2]);
        }
        var parts = ops.Split(projected, 2, features, features, features);
        return (Heads(parts[0], width), Heads(parts[1], width), Heads(parts[2], width));

        T Heads(T part, long length) => ops.Permute(ops.Reshape(part, Operations<T>.Unknown, tokens, heads, length), 0, 2, 1, 3);
    }
}
