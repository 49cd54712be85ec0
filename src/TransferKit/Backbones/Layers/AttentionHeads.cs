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
}
