using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>Scaled dot-product attention in several heads (Vaswani et al., 2017): what all attention layers share.</summary>
internal static class AttentionHeads
{
    /// <summary>Multiply-adds of attention itself, without the projections in front and behind.</summary>
    public static long MultiplyAdds(long groups, long tokens, long features) => 2 * groups * tokens * tokens * features;

    /// <summary>Takes the joint projection of queries, keys and values apart.</summary>
    /// <param name="projected"><c>[N, T, 3 · F]</c></param>
    /// <param name="heads">Heads that divide the features F.</param>
    /// <returns>Views, each <c>[N, heads, T, F / heads]</c>.</returns>
    public static (torch.Tensor Queries, torch.Tensor Keys, torch.Tensor Values) Split(torch.Tensor projected, int heads)
    {
        var parts = projected.unflatten(2, [3, heads, -1]).permute(2, 0, 3, 1, 4).unbind(0);
        return (parts[0], parts[1], parts[2]);
    }

    /// <summary>Averages values by the softmax of <c>q · k / √(F / heads) + bias</c>, and joins the heads.</summary>
    /// <param name="queries"><c>[N, heads, T, F / heads]</c>, as the keys and the values.</param>
    /// <param name="keys">What the queries are compared with.</param>
    /// <param name="values">What is averaged.</param>
    /// <param name="bias"><c>[G, heads, T, T]</c>, for G kinds of groups that come in turn among the N; null: none.</param>
    /// <returns><c>[N, T, F]</c></returns>
    public static torch.Tensor Attend(torch.Tensor queries, torch.Tensor keys, torch.Tensor values, torch.Tensor? bias = null)
    {
        if (bias is null || bias.shape[0] == 1)
            return Join(functional.scaled_dot_product_attention(queries, keys, values, bias));
        // Kinds count as heads, so that the bias need not be repeated.
        var attended = functional.scaled_dot_product_attention(
            Fold(queries), Fold(keys), Fold(values), bias.flatten(0, 1).unsqueeze(0));
        return Join(attended.reshape(queries.shape));

        torch.Tensor Fold(torch.Tensor heads) => heads.unflatten(0, [-1, bias.shape[0]]).flatten(1, 2);

        static torch.Tensor Join(torch.Tensor heads) => heads.transpose(1, 2).flatten(2);
    }

    /// <summary>As <see cref="Split(torch.Tensor, int)"/>, in a graph.</summary>
    public static (OnnxValue Queries, OnnxValue Keys, OnnxValue Values) Split(OnnxGraph graph, OnnxValue projected, int heads)
    {
        var (tokens, features) = (projected.Sizes[1], projected.Sizes[2] / 3);
        var parts = graph.Split(projected, 2, features, features, features)
            .Select(part => graph.Transpose(graph.Reshape(part, OnnxValue.Batch, tokens, heads, features / heads), 0, 2, 1, 3))
            .ToArray();
        return (parts[0], parts[1], parts[2]);
    }

    /// <summary>As <see cref="Attend(torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor?)"/>, in a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="queries"><c>[N, heads, T, F / heads]</c>, as the keys and the values.</param>
    /// <param name="keys">What the queries are compared with.</param>
    /// <param name="values">What is averaged.</param>
    /// <param name="scale">What the products of queries and keys are multiplied by.</param>
    /// <param name="bias"><c>[G, heads, T, T]</c>, for G kinds of groups that come in turn among the N; null: none.</param>
    /// <returns><c>[N, T, F]</c></returns>
    public static OnnxValue Attend(OnnxGraph graph, OnnxValue queries, OnnxValue keys, OnnxValue values, double scale,
        OnnxValue? bias = null)
    {
        var (heads, tokens, width) = (queries.Sizes[1], queries.Sizes[2], queries.Sizes[3]);
        var scaled = graph.Multiply(queries, graph.Scalar(scale));
        var scores = graph.MatMul(scaled, graph.Transpose(keys, 0, 1, 3, 2));
        if (bias is { Sizes: [var kinds, ..] })
            scores = kinds == 1
                ? graph.Add(scores, bias)
                : graph.Reshape(graph.Add(graph.Reshape(scores, OnnxValue.Batch, kinds, heads, tokens, tokens), bias),
                    OnnxValue.Batch, heads, tokens, tokens);
        var attended = graph.MatMul(graph.Map("Softmax", scores, ("axis", 3)), values);
        return graph.Reshape(graph.Transpose(attended, 0, 2, 1, 3), OnnxValue.Batch, tokens, heads * width);
    }
}
