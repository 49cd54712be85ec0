using System.IO.Compression;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

public sealed class SafeTensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["bools"] = WeightsFixtures.Ramp(3).to(@bool),
            ["a.weight"] = WeightsFixtures.Ramp(3, 5),
            ["a.transposed"] = WeightsFixtures.Ramp(3, 5).t(),
            ["count"] = tensor(12L),
            ["half"] = WeightsFixtures.Ramp(7).to(float16),
            ["brain"] = WeightsFixtures.Ramp(7).to(bfloat16),
            ["none"] = empty(0, 4),
            ["trained"] = nn.Parameter(WeightsFixtures.Ramp(2)),
        };
        Write("a.safetensors", tensors);

        using var file = WeightsFile.Open(_folder.File("a.safetensors"));

        file.Tensors.Keys.Should().BeEquivalentTo(tensors.Keys);
        foreach (var (name, tensor) in tensors)
        {
            file.Tensors[name].Type.Should().Be(tensor.dtype);
            file.Tensors[name].Shape.Should().Equal(tensor.shape);
            file.Tensors[name].Read().equal(tensor).all().item<bool>().Should().BeTrue(name);
        }
    }

    [Fact]
    public void The_values_start_at_a_multiple_of_eight_and_the_header_is_compact_json()
    {
        using var scope = NewDisposeScope();
        Write("a.safetensors", new() { ["w"] = WeightsFixtures.Ramp(2) });

        var bytes = File.ReadAllBytes(_folder.File("a.safetensors"));

        var length = BitConverter.ToInt64(bytes);
        (length % 8).Should().Be(0);
        Encoding.UTF8.GetString(bytes, 8, (int)length).TrimEnd().Should().Be(
            """{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""");
        bytes[(int)(8 + length)..].Should().Equal([.. BitConverter.GetBytes(0f), .. BitConverter.GetBytes(1f)]);
    }

    [Fact]
    public void A_saved_model_is_read_from_inside_its_zip_file()
    {
        using var scope = NewDisposeScope();
        using (var zip = new ZipArchive(File.Create(_folder.File("a.tkm")), ZipArchiveMode.Create))
        {
            using var entry = zip.CreateEntry("weights.safetensors", CompressionLevel.NoCompression).Open();
            SafeTensorsWriter.Write(entry, [("w", WeightsFixtures.Ramp(3, 2)), ("count", tensor(4L))]);
        }

        using var file = WeightsFile.Open(_folder.File("a.tkm"));

        file.Tensors["w"].Values().Should().Equal(0, 1, 2, 3, 4, 5);
        file.Tensors["count"].Values().Should().Equal(4);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        using var one = zeros(1);
        FluentActions.Invoking(() => SafeTensorsWriter.Write(Stream.Null, [("w", one), ("w", one)])).Should()
            .Throw<ArgumentException>();
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "claims the bytes 0 to 4")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "claims the shape")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]}}""", "claims the shape")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", "cut off")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "claims the bytes")]
    [InlineData("""{"w":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "of type F8_E4M3")]
    [InlineData("""{"w":{"shape":[2],"data_offsets":[0,8]}}""", "wrongly")]
    [InlineData("""{"w":[1]}""", "wrongly")]
    [InlineData(
        """{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "two tensors")]
    [InlineData("""{"w":""", "not JSON")]
    public void Damaged_headers_are_refused(string header, string message)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var path = _folder.File("bad.safetensors", [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[8]]);

        FluentActions.Invoking(() => WeightsFile.Open(path).Dispose()).Should().Throw<WeightsException>()
            .WithMessage($"*{message}*");
    }

    private void Write(string name, Dictionary<string, Tensor> tensors)
    {
        using var stream = File.Create(_folder.File(name));
        SafeTensorsWriter.Write(stream, tensors.Select(pair => (pair.Key, pair.Value)));
    }
}
