namespace TransferKit;

/// <summary>What attention layers share: the joint projection of queries, keys and values, and how values are averaged.</summary>
internal static class AttentionHeads
{
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public static void RequireDivisible(int features, int heads)
    {
        if (features % heads != 0)
            throw new ArgumentException($"{heads} heads don't divide {features} features.", nameof(heads));
    }

    /// <summary>The sizes of a map of <c>S × S</c> pixels, <c>[N, C, S, S]</c>.</summary>
    /// <exception cref="ArgumentException">It is another.</exception>
    public static IReadOnlyList<long> SizesOfMap<T>(Operations<T> ops, T input, int side)
        where T : class
    {
        var sizes = ops.Sizes(input);
        return sizes.Count == 4 && sizes[2] == side && sizes[3] == side ? sizes : throw Unfit(ops, input, side);
    }

    /// <summary>The sizes of the pixels of such a map as tokens, <c>[N, S · S, F]</c>.</summary>
    /// <inheritdoc cref="SizesOfMap"/>
    public static IReadOnlyList<long> SizesOfPixels<T>(Operations<T> ops, T input, int side)
        where T : class
    {
        var sizes = ops.Sizes(input);
        return sizes.Count == 3 && sizes[1] == side * side ? sizes : throw Unfit(ops, input, side);
    }

    private static ArgumentException Unfit<T>(Operations<T> ops, T input, int side)
        where T : class => new(
            $"The attention was built for {side} × {side} pixels, and can't take a sample of shape {ops.Sample(input)}.",
            nameof(input));

    /// <summary>Averages values by the softmax of scores that are there already, in each group by itself.</summary>
    /// <param name="ops">The operations.</param>
    /// <param name="scores"><c>[N, groups, T, 1]</c></param>
    /// <param name="values"><c>[N, groups, T, F]</c></param>
    /// <returns><c>[N, 1, groups · F]</c></returns>
    public static T Average<T>(Operations<T> ops, T scores, T values)
        where T : class
    {
        // As keys of one feature, which a query of 1 leaves as they are.
        var ones = ops.Exp(ops.Scale(ops.Slice(scores, 2, 0, 1), 0));
        return ops.Attention(ones, scores, values, scale: 1);
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
