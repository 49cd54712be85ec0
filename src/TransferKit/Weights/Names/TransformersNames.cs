namespace TransferKit;

/// <summary>
/// The names of Hugging Face's transformers for what timm has too. A file of one of these families is read as if timm had written
/// it, so that models of timm, and by way of timm's names those of torchvision, take it.
/// </summary>
internal static class TransformersNames
{
    private static readonly IReadOnlyList<TransformersFamily> Families =
    [
        new("encoder.layer.0.layernorm_before.weight")
        {
            Body = new([
                .. Tokens,
                .. Fused("encoder.layer.#.attention.attention.{0}", "query", "key", "value"),
                new("encoder.layer.#.attention.output.dense", "blocks.#.attn.proj"),
                new("encoder.layer.#.layernorm_before", "blocks.#.norm1"),
                new("encoder.layer.#.layernorm_after", "blocks.#.norm2"),
                new("encoder.layer.#.intermediate.dense", "blocks.#.mlp.fc1"),
                new("encoder.layer.#.output.dense", "blocks.#.mlp.fc2"),
                new("layernorm", "norm"),
                new("pooler", null),
            ]),
            Beside = new([new("classifier", "head")]),
        },
        DinoV2,
        // In transformers 5 a DINOv3's layers are in a module of their own, and its last norm is beside that.
        DinoV3("model.layer.#", isGated: true) with { Companion = "norm.weight" },
        DinoV3("model.layer.#", isGated: false) with { Companion = "norm.weight" },
        DinoV3ConvNeXt("model.stages.#") with { Companion = "layer_norm.weight" },
        DinoV3("layer.#", isGated: true),
        DinoV3("layer.#", isGated: false),
        ConvNeXt,
        DinoV3ConvNeXt("stages.#"),
        new("encoder.layers.0.blocks.0.layernorm_before.weight")
        {
            Body = new([
                new("embeddings.patch_embeddings.projection", "patch_embed.proj"),
                new("embeddings.norm", "patch_embed.norm"),
                new("embeddings.mask_token", null),
                .. Fused("encoder.layers.#.blocks.#.attention.self.{0}", "layers.#.blocks.#.attn.qkv", ["query", "key", "value"]),
                new("encoder.layers.#.blocks.#.attention.self.relative_position_bias_table",
                    "layers.#.blocks.#.attn.relative_position_bias_table"),
                new("encoder.layers.#.blocks.#.attention.self.relative_position_index", null),
                new("encoder.layers.#.blocks.#.attention.output.dense", "layers.#.blocks.#.attn.proj"),
                new("encoder.layers.#.blocks.#.layernorm_before", "layers.#.blocks.#.norm1"),
                new("encoder.layers.#.blocks.#.layernorm_after", "layers.#.blocks.#.norm2"),
                new("encoder.layers.#.blocks.#.intermediate.dense", "layers.#.blocks.#.mlp.fc1"),
                new("encoder.layers.#.blocks.#.output.dense", "layers.#.blocks.#.mlp.fc2"),
                // timm reduces the map at a stage's beginning, transformers at the end of the one before.
                new("encoder.layers.#.downsample", "layers.(#+1).downsample"),
                new("layernorm", "norm"),
            ]),
            Beside = new([new("classifier", "head.fc")]),
        },
        new("embedder.embedder.convolution.weight")
        {
            Body = new([
                new("embedder.embedder.convolution", "conv1"),
                new("embedder.embedder.normalization", "bn1"),
                new("encoder.stages.#.layers.#.shortcut.convolution", "layer(#+1).#.downsample.0"),
                new("encoder.stages.#.layers.#.shortcut.normalization", "layer(#+1).#.downsample.1"),
                new("encoder.stages.#.layers.#.layer.#.convolution", "layer(#+1).#.conv(#+1)"),
                new("encoder.stages.#.layers.#.layer.#.normalization", "layer(#+1).#.bn(#+1)"),
            ]),
            Beside = new([new("classifier.1", "fc")]),
        },
        Clip("pre_layrnorm.weight") with
        {
            Finish = tensors =>
            {
                LiftPositions(tensors);
                // CLIP projects without a bias, timm's classifier has one.
                if (tensors.TryGetValue("head.weight", out var projection) && projection.Shape is [var outputs, _])
                    tensors["head.bias"] = new ConstantTensor(outputs, 0);
            },
        },
        Clip("embeddings.patch_embedding.bias") with { Finish = LiftPositions },
    ];

    private static IReadOnlyList<TensorNames> Tokens =>
    [
        new("embeddings.cls_token", "cls_token"),
        new("embeddings.register_tokens", "reg_token"),
        new("embeddings.position_embeddings", "pos_embed"),
        new("embeddings.patch_embeddings.projection", "patch_embed.proj"),
        new("embeddings.mask_token", null),
    ];

    /// <summary>A file's tensors, in timm's names where they are of one of these families.</summary>
    public static IReadOnlyDictionary<string, StoredTensor> Translate(IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        foreach (var family in Families)
            if (family.PlaceIn(tensors) is { } place)
                return family.Translate(tensors, place);
        return tensors;
    }

    private static TransformersFamily DinoV2 => new("encoder.layer.0.layer_scale1.lambda1")
    {
        Body = new([
            .. Tokens,
            .. Fused("encoder.layer.#.attention.attention.{0}", "query", "key", "value"),
            new("encoder.layer.#.attention.output.dense", "blocks.#.attn.proj"),
            new("encoder.layer.#.layer_scale1.lambda1", "blocks.#.ls1.gamma"),
            new("encoder.layer.#.layer_scale2.lambda1", "blocks.#.ls2.gamma"),
            new("encoder.layer.#.mlp.weights_in", "blocks.#.mlp.fc1"),
            new("encoder.layer.#.mlp.weights_out", "blocks.#.mlp.fc2"),
            new("encoder.layer.#", "blocks.#"),
            new("layernorm", "norm"),
        ]),
        Beside = new([new("classifier", "head")]),
        Finish = tensors =>
        {
            // Of networks with registers timm adds the class token's position to the token itself.
            if (!tensors.ContainsKey("reg_token") || tensors.GetValueOrDefault("cls_token") is not { } token
                || tensors.GetValueOrDefault("pos_embed") is not { Shape: [1, > 1 and var count, var width] } positions
                || !token.Shape.SequenceEqual([1, 1, width]))
                return;
            tensors["cls_token"] = new SumOfTensors(token, new RowsOfTensor(positions, 0, 1, dimension: 1));
            tensors["pos_embed"] = new RowsOfTensor(positions, 1, count - 1, dimension: 1);
        },
    };

    /// <summary>DINOv3's transformers.</summary>
    /// <param name="layer">What a layer is called.</param>
    /// <param name="isGated">Whether perceptrons are SwiGLU.</param>
    private static TransformersFamily DinoV3(string layer, bool isGated) =>
        new(First(layer) + (isGated ? ".mlp.gate_proj.weight" : ".attention.o_proj.weight"))
        {
            Body = new([
                new("embeddings.cls_token", "cls_token"),
                new("embeddings.register_tokens", "reg_token"),
                new("embeddings.patch_embeddings", "patch_embed.proj"),
                new("embeddings.mask_token", null),
                // Keys have no bias, for it would change nothing.
                new($"{layer}.attention.q_proj.bias", "blocks.#.attn.q_bias"),
                new($"{layer}.attention.v_proj.bias", "blocks.#.attn.v_bias"),
                .. Fused(layer + ".attention.{0}", "q_proj", "k_proj", "v_proj"),
                new($"{layer}.attention.o_proj", "blocks.#.attn.proj"),
                new($"{layer}.layer_scale1.lambda1", "blocks.#.gamma_1"),
                new($"{layer}.layer_scale2.lambda1", "blocks.#.gamma_2"),
                new($"{layer}.mlp.gate_proj", "blocks.#.mlp.fc1_g"),
                new($"{layer}.mlp.up_proj", isGated ? "blocks.#.mlp.fc1_x" : "blocks.#.mlp.fc1"),
                new($"{layer}.mlp.down_proj", "blocks.#.mlp.fc2"),
                new(layer, "blocks.#"),
                new("norm", "norm"),
            ]),
        };

    /// <summary>DINOv3's ConvNeXts.</summary>
    /// <param name="stage">What a stage is called.</param>
    private static TransformersFamily DinoV3ConvNeXt(string stage) => new($"{First(stage)}.layers.0.depthwise_conv.weight")
    {
        Body = new([
            new($"{First(stage)}.downsample_layers.#", "stem.#"),
            new($"{stage}.downsample_layers.#", "stages.#.downsample.#"),
            new($"{stage}.layers.#.depthwise_conv", "stages.#.blocks.#.conv_dw"),
            new($"{stage}.layers.#.layer_norm", "stages.#.blocks.#.norm"),
            new($"{stage}.layers.#.pointwise_conv1", "stages.#.blocks.#.mlp.fc1"),
            new($"{stage}.layers.#.pointwise_conv2", "stages.#.blocks.#.mlp.fc2"),
            new($"{stage}.layers.#.gamma", "stages.#.blocks.#.gamma"),
            new("layer_norm", "head.norm"),
        ]),
    };

    private static string First(string template) => template.Replace('#', '0');

    private static TransformersFamily ConvNeXt => new("encoder.stages.0.layers.0.dwconv.weight")
    {
        Body = new([
            new("embeddings.patch_embeddings", "stem.0"),
            new("embeddings.layernorm", "stem.1"),
            new("encoder.stages.#.downsampling_layer.#", "stages.#.downsample.#"),
            new("encoder.stages.#.layers.#.dwconv", "stages.#.blocks.#.conv_dw"),
            new("encoder.stages.#.layers.#.layernorm", "stages.#.blocks.#.norm"),
            new("encoder.stages.#.layers.#.pwconv1", "stages.#.blocks.#.mlp.fc1"),
            new("encoder.stages.#.layers.#.pwconv2", "stages.#.blocks.#.mlp.fc2"),
            new("encoder.stages.#.layers.#.grn", "stages.#.blocks.#.mlp.grn"),
            new("encoder.stages.#.layers.#.layer_scale_parameter", "stages.#.blocks.#.gamma"),
            new("layernorm", "head.norm"),
        ]),
        Beside = new([new("classifier", "head.fc")]),
    };

    /// <summary>CLIP's and SigLIP's image side.</summary>
    private static TransformersFamily Clip(string marker) => new(marker)
    {
        Body = new([
            new("embeddings.class_embedding", "cls_token"),
            new("embeddings.patch_embedding", "patch_embed.proj"),
            new("embeddings.position_embedding.weight", "pos_embed"),
            new("embeddings.position_ids", null),
            new("pre_layrnorm", "norm_pre"),
            .. Fused("encoder.layers.#.self_attn.{0}", "q_proj", "k_proj", "v_proj"),
            new("encoder.layers.#.self_attn.out_proj", "blocks.#.attn.proj"),
            new("encoder.layers.#.layer_norm1", "blocks.#.norm1"),
            new("encoder.layers.#.layer_norm2", "blocks.#.norm2"),
            new("encoder.layers.#.mlp", "blocks.#.mlp"),
            new("post_layernorm", "norm"),
            new("head.probe", "attn_pool.latent"),
            new("head.attention.in_proj_weight", "attn_pool.q.weight") { Thirds = ..1 },
            new("head.attention.in_proj_weight", "attn_pool.kv.weight") { Thirds = 1.. },
            new("head.attention.in_proj_bias", "attn_pool.q.bias") { Thirds = ..1 },
            new("head.attention.in_proj_bias", "attn_pool.kv.bias") { Thirds = 1.. },
            new("head.attention.out_proj", "attn_pool.proj"),
            new("head.layernorm", "attn_pool.norm"),
            new("head.mlp", "attn_pool.mlp"),
        ]),
        Beside = new([
            new("visual_projection", "head"),
            // It scores the average of all tokens, which timm's networks of these weights don't have.
            new("classifier", null),
            new("text_model", null),
            new("text_projection", null),
            new("logit_scale", null),
            new("logit_bias", null),
        ]),
    };

    /// <summary>Queries, keys and values of their own, which timm's ViT has in one layer, in this order.</summary>
    private static IEnumerable<TensorNames> Fused(string theirs, params string[] layers) =>
        Fused(theirs, "blocks.#.attn.qkv", layers);

    private static IEnumerable<TensorNames> Fused(string theirs, string ours, string[] layers) => layers.Select(
        (layer, part) => new TensorNames(theirs.Replace("{0}", layer, StringComparison.Ordinal), ours)
        {
            Part = part, Parts = layers.Length,
        });

    /// <summary>Positions of an embedding layer are a matrix, timm's begin with a dimension of length 1.</summary>
    private static void LiftPositions(Dictionary<string, StoredTensor> tensors)
    {
        if (tensors.TryGetValue("pos_embed", out var positions) && positions.Shape.Count == 2)
            tensors["pos_embed"] = new LiftedTensor(positions);
    }
}
