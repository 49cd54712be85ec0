// # a network of one's own
static Layer ConvNormRelu(int from, int to) => Layers.Chain(("conv", Layers.Conv(from, to, 3)), ("bn", Layers.BatchNorm(to)), Layers.Relu);
var small = Backbone.Custom("small", () => new Blueprint(
    [("stem", ConvNormRelu(3, 16)), Layers.MaxPool(2, 2), ("stage", Layers.Residual(ConvNormRelu(16, 16)))],
    head => [Layers.GlobalAveragePool, Layers.Flatten(), Layers.Dropout(0.1), ("fc", head.Vector(16))]), Preprocessing.ImageNet with { CropSize = 48, ResizeSize = 48 });
using var loaded = TransferModel.Load("small.tkm", new LoadOptions { CustomBackbone = small });

// # convolutions
Layer[] convolutions =
    [Layers.Conv(16, 16, 3), Layers.Conv(16, 32, 3, stride: 2), Layers.Conv(16, 16, new Kernel2d(3, dilation: 2), groups: 16, bias: true)];

// # other layers
Layer[] others =
[
    Layers.Linear(16, 4), Layers.LayerNorm(16), Layers.AveragePool(2, 2), Layers.GlobalPool(PoolKind.Max), Layers.SqueezeExcitation(16, 4, Layers.Relu, Layers.Sigmoid),
    Layers.Attention(16, heads: 2), Layers.Concat(Layers.Relu, Layers.Gelu), Layers.StochasticDepth(0.1), Layers.Sequential(Layers.Silu, Layers.Tanh),
    Layers.Module(TorchSharp.torch.nn.Softplus(), new Shape(16, 8, 8)),
];
