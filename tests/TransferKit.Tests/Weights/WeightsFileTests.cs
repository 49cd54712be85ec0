using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

public class WeightsFileTests
{
    private static readonly string[] PlainKeys = ["conv.weight", "conv.bias", "fc.weight"];

    [Theory]
    [InlineData("plain.pth")]
    [InlineData("plain_legacy.pth")]
    [InlineData("plain_deflated.pth")]
    [InlineData("protocol4.pth")]
    [InlineData("parameters.pth")]
    [InlineData("model_state_dict.pth")]
    [InlineData("script.pt")]
    [InlineData("plain.safetensors")]
    [InlineData("sharded.safetensors.index.json")]
    public void A_state_dict_is_read_from_every_format(string name)
    {
        using var file = WeightsFile.Open(WeightsFixtures.Path(name));

        file.Tensors.Keys.Should().BeEquivalentTo(PlainKeys);
        file.Tensors["conv.weight"].Shape.Should().Equal(4, 3, 2, 2);
        file.Tensors["conv.weight"].Type.Should().Be(ScalarType.Float32);
        file.Tensors["conv.weight"].Values().Should().Equal(Enumerable.Range(0, 48).Select(i => (double)i));
        file.Tensors["conv.bias"].Values().Should().Equal(0, 1, 2, 3);
        file.Tensors["fc.weight"].Values().Should().Equal(0, 1, 2, 3, 4, 5, 6, 7);
    }

    [Theory]
    [InlineData("plain.onnx", ScalarType.Float32)]
    [InlineData("double.onnx", ScalarType.Float64)]
    public void The_initialisers_of_an_ONNX_model_are_read(string name, ScalarType type)
    {
        using var file = WeightsFile.Open(WeightsFixtures.Path(name));

        file.Tensors["conv.weight"].Shape.Should().Equal(4, 3, 2, 2);
        file.Tensors["conv.weight"].Type.Should().Be(type);
        file.Tensors["conv.weight"].Values().Should().Equal(Enumerable.Range(0, 48).Select(i => (double)i));
        file.Tensors["conv.bias"].Values().Should().Equal(0, 1, 2, 3);
    }

    [Fact]
    public void Values_of_an_ONNX_model_may_lie_in_a_file_beside_it()
    {
        using var folder = new TemporaryFolder();
        folder.File("big.data", [.. new byte[8], .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)]);
        byte[] tensor =
        [
            0x08, 2, 0x10, 1, .. Field(8, "w"u8),
            .. Field(13, [.. Field(1, "location"u8), .. Field(2, "big.data"u8)]),
            .. Field(13, [.. Field(1, "offset"u8), .. Field(2, "8"u8)]),
        ];
        var path = folder.File("big.onnx", [0x08, 8, .. Field(7, Field(5, tensor))]);

        using var file = WeightsFile.Open(path);

        file.Tensors["w"].Values().Should().Equal(1.5, -2);

        static byte[] Field(int number, ReadOnlySpan<byte> content) =>
            [(byte)((number << 3) | 2), (byte)content.Length, .. content];
    }

    [Fact]
    public void What_TorchSharp_itself_saves_is_read()
    {
        using var folder = new TemporaryFolder();
        using var module = nn.Sequential(("conv", nn.Conv2d(3, 4, 2)), ("norm", nn.BatchNorm2d(4)), ("fc", nn.Linear(4, 2)));
        module.save(folder.File("a.dat"));

        using var file = WeightsFile.Open(folder.File("a.dat"));

        var saved = module.state_dict();
        file.Tensors.Keys.Should().BeEquivalentTo(saved.Keys);
        foreach (var (key, tensor) in saved)
        {
            using var scope = NewDisposeScope();
            file.Tensors[key].Read().equal(tensor).all().item<bool>().Should().BeTrue(key);
        }
    }

    [Fact]
    public void An_index_may_not_lead_out_of_its_folder()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.index.json", """{"weight_map":{"w":"../secret.safetensors"}}"""u8.ToArray());

        FluentActions.Invoking(() => WeightsFile.Open(path)).Should().Throw<WeightsException>()
            .WithMessage("*refers to the file '../secret.safetensors', which is not in its folder.");
    }

    [Theory]
    [InlineData("""{"a":1}""", "no index of weights")]
    [InlineData("""{"weight_map":{"w":3}}""", "no index of weights")]
    [InlineData("""{"weight_map":{"w":"none.safetensors"}}""", "there is no such file")]
    [InlineData("{", "no index of weights")]
    public void A_broken_index_is_refused(string json, string message)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.index.json", System.Text.Encoding.UTF8.GetBytes(json));

        FluentActions.Invoking(() => WeightsFile.Open(path)).Should().Throw<WeightsException>().WithMessage($"*{message}*");
    }

    [Theory]
    [InlineData("dtypes.pth")]
    [InlineData("dtypes_legacy.pth")]
    [InlineData("dtypes.safetensors")]
    public void Every_element_type_is_read_and_widened(string name)
    {
        var types = new Dictionary<string, ScalarType>
        {
            ["float16"] = ScalarType.Float16, ["bfloat16"] = ScalarType.BFloat16, ["float32"] = ScalarType.Float32,
            ["float64"] = ScalarType.Float64, ["int8"] = ScalarType.Int8, ["int16"] = ScalarType.Int16,
            ["int32"] = ScalarType.Int32, ["int64"] = ScalarType.Int64, ["uint8"] = ScalarType.Byte, ["bool"] = ScalarType.Bool,
        };
        using var file = WeightsFile.Open(WeightsFixtures.Path(name));

        file.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.Type).Should().Equal(types);
        foreach (var (key, stored) in file.Tensors)
        {
            using var target = zeros(2, 3, dtype: float32);
            stored.CopyTo(target);
            var expected = key == "bool" ? new float[] { 1, 0, 1, 0, 1, 0 } : [0, 1, 2, 3, 4, 5];
            target.data<float>().ToArray().Should().Equal(expected, key);
        }
    }

    [Theory]
    [InlineData("views.pth")]
    [InlineData("views_legacy.pth")]
    public void Strided_offset_and_overlapping_views_of_one_storage_are_read(string name)
    {
        using var scope = NewDisposeScope();
        var ramp = WeightsFixtures.Ramp(6, 8);
        var expected = new Dictionary<string, Tensor>
        {
            ["transposed"] = ramp.t(),
            ["every_other_column"] = ramp[TensorIndex.Colon, TensorIndex.Slice(step: 2)],
            ["offset"] = ramp[TensorIndex.Slice(2, 4)],
            ["middle"] = ramp[TensorIndex.Slice(1, 5), TensorIndex.Slice(2, 6)],
            ["expanded"] = WeightsFixtures.Ramp(3, 1).expand(3, 5),
            ["permuted"] = WeightsFixtures.Ramp(2, 3, 4).permute(2, 0, 1),
            ["overlapping"] = WeightsFixtures.Ramp(6).as_strided([4, 3], [1, 1]),
            ["scalar"] = tensor(7f),
            ["empty"] = empty(0, 3),
        };
        using var file = WeightsFile.Open(WeightsFixtures.Path(name));

        file.Tensors.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach (var (key, tensor) in expected)
        {
            file.Tensors[key].Shape.Should().Equal(tensor.shape, key);
            file.Tensors[key].Values().Should().Equal(tensor.to(float64).reshape(-1).data<double>().ToArray(), key);
        }
    }

    [Theory]
    [InlineData("checkpoint.pth")]
    [InlineData("checkpoint_legacy.pth")]
    public void A_training_checkpoint_gives_its_model_and_not_its_optimizer(string name)
    {
        using var file = WeightsFile.Open(WeightsFixtures.Path(name));

        file.Tensors.Keys.Should().BeEquivalentTo(PlainKeys.Select(key => "module." + key));
    }

    [Fact]
    public void Values_go_into_a_destination_that_is_not_contiguous()
    {
        using var scope = NewDisposeScope();
        using var file = WeightsFile.Open(WeightsFixtures.Path("plain.pth"));
        var destination = zeros(4, 2, dtype: float64).t();

        file.Tensors["fc.weight"].CopyTo(destination);

        destination.contiguous().data<double>().ToArray().Should().Equal(0, 1, 2, 3, 4, 5, 6, 7);
    }

    [Fact]
    public void A_parameter_that_requires_gradients_is_filled_in_place()
    {
        using var scope = NewDisposeScope();
        using var file = WeightsFile.Open(WeightsFixtures.Path("plain.pth"));
        var parameter = nn.Parameter(zeros(4));

        file.Tensors["conv.bias"].CopyTo(parameter);

        parameter.detach().data<float>().ToArray().Should().Equal(0, 1, 2, 3);
        parameter.is_leaf.Should().BeTrue();
    }

    [Fact]
    public void Another_shape_is_refused()
    {
        using var file = WeightsFile.Open(WeightsFixtures.Path("plain.pth"));
        using var destination = zeros(5);

        file.Tensors["conv.bias"].Invoking(stored => stored.CopyTo(destination)).Should().Throw<ArgumentException>()
            .WithMessage("*shape [4] cannot take values of shape [5]*");
    }

    [SkippableTheory]
    [InlineData("squeezenet1_1_imagenet.pth", 52, ScalarType.Float32)]
    [InlineData("squeezenet1_1_imagenet_legacy.pth", 52, ScalarType.Float32)]
    [InlineData("squeezenet1_1_imagenet_fp16.pth", 52, ScalarType.Float16)]
    [InlineData("mobilenet_v2_imagenet.pth", 314, ScalarType.Float32)]
    public void Real_weights_are_read(string name, int tensors, ScalarType type)
    {
        var path = WeightsFixtures.Shared(name);
        Skip.If(path is null, "needs the real weights in ../shared/weights");
        using var file = WeightsFile.Open(path);

        file.Tensors.Should().HaveCount(tensors);
        file.Tensors.Values.First().Type.Should().Be(type);
        foreach (var stored in file.Tensors.Values)
            stored.Values().Should().OnlyContain(value => double.IsFinite(value));
    }

    [SkippableFact]
    public void The_old_and_the_new_format_hold_the_same_values_and_half_precision_nearly_the_same()
    {
        Skip.If(WeightsFixtures.Shared("squeezenet1_1_imagenet.pth") is null, "needs the real weights in ../shared/weights");
        using var zip = WeightsFile.Open(WeightsFixtures.Shared("squeezenet1_1_imagenet.pth")!);
        using var legacy = WeightsFile.Open(WeightsFixtures.Shared("squeezenet1_1_imagenet_legacy.pth")!);
        using var half = WeightsFile.Open(WeightsFixtures.Shared("squeezenet1_1_imagenet_fp16.pth")!);

        foreach (var (key, stored) in zip.Tensors)
        {
            using var scope = NewDisposeScope();
            var values = stored.Read();
            legacy.Tensors[key].Read().equal(values).all().item<bool>().Should().BeTrue(key);
            var widened = zeros_like(values);
            half.Tensors[key].CopyTo(widened);
            widened.allclose(values, rtol: 1e-3, atol: 1e-6).Should().BeTrue(key);
        }
    }
}
