using System.Text;

namespace TransferKit.Tests.Weights;

[Trait("Lane", "Slow")]
public class DamagedFileTests
{
    [Theory]
    [InlineData("command.pth")]
    [InlineData("command_legacy.pth")]
    public void A_pickle_that_would_run_a_command_is_refused_by_name(string name) =>
        Opening(WeightsFixtures.Path(name)).Should().Throw<WeightsException>()
            .WithMessage("*needs the Python object posix.system, which is no part of a state_dict and is never run here*");

    [Fact]
    public void A_whole_pickled_model_is_refused_with_advice() =>
        Opening(WeightsFixtures.Path("whole_model.pth")).Should().Throw<WeightsException>()
            .WithMessage("*torch.nn.modules.linear.Linear*save model.state_dict() instead*");

    [Fact]
    public void A_checkpoint_without_tensors_is_no_state_dict() =>
        Opening(WeightsFixtures.Path("only_numbers.pth")).Should().Throw<WeightsException>().WithMessage("*holds no tensors*");

    [Fact]
    public void A_missing_file_a_folder_and_an_empty_file_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        Opening(folder.File("none.pth")).Should().Throw<WeightsException>().WithMessage("*none.pth: there is no such file.")
            .Which.Path.Should().Be(folder.File("none.pth"));
        Opening(folder.FullPath).Should().Throw<WeightsException>().WithMessage("*is a folder*");
        Opening(folder.File("empty.pth", [])).Should().Throw<WeightsException>().WithMessage("*is empty.");
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html>", "a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "git lfs pull")]
    [InlineData("hello, this is no weights file", "no weights file that TransferKit knows")]
    public void Foreign_content_is_named(string content, string message)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.pth", Encoding.UTF8.GetBytes(content));

        Opening(path).Should().Throw<WeightsException>().WithMessage($"*{message}*");
    }

    [Fact]
    public void A_pickle_of_something_else_is_named() =>
        Opening(WeightsFixtures.Path("bare_pickle.pkl")).Should().Throw<WeightsException>()
            .WithMessage("*a pickle that torch.save did not write*");

    [Theory]
    [InlineData("plain.pth")]
    [InlineData("plain_legacy.pth")]
    [InlineData("plain.safetensors")]
    [InlineData("plain_deflated.pth")]
    public void A_file_cut_anywhere_is_reported_with_its_path(string name)
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(WeightsFixtures.Path(name));
        for (var length = 0; length < bytes.Length; length += 5)
        {
            var path = folder.File("cut.pth", bytes[..length]);
            Reading(path).Should().Throw<WeightsException>($"{length} bytes are not the whole file").Which.Path.Should().Be(path);
        }
    }

    [Theory]
    [InlineData("plain.pth")]
    [InlineData("plain_legacy.pth")]
    [InlineData("plain.safetensors")]
    [InlineData("plain_deflated.pth")]
    [InlineData("plain.onnx")]
    [InlineData("sharded.safetensors.index.json")]
    [InlineData("script.pt")]
    [InlineData("views.pth")]
    public void Any_flipped_bit_gives_tensors_or_a_weights_exception(string name)
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(WeightsFixtures.Path(name));
        for (var bit = 0; bit < 8 * bytes.Length; bit += 37)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var path = folder.File("flipped.pth", bytes);
            try
            {
                ReadAll(path);
            }
            catch (WeightsException error)
            {
                error.Message.Should().NotContain("\n");
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_flipped_bit_in_a_zipped_tensor_is_found_by_its_checksum()
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(WeightsFixtures.Path("plain.pth"));
        var values = bytes.AsSpan().IndexOf(BitConverter.GetBytes(47f));
        bytes[values] ^= 1;

        Reading(folder.File("flipped.pth", bytes)).Should().Throw<WeightsException>().WithMessage("*do not have their checksum*");
    }

    private static Action Opening(string path) => () => WeightsFile.Open(path).Dispose();

    private static Action Reading(string path) => () => ReadAll(path);

    private static void ReadAll(string path)
    {
        using var file = WeightsFile.Open(path);
        foreach (var stored in file.Tensors.Values.Where(stored => stored.Shape.Aggregate(1L, (a, b) => a * b) < 1 << 20))
            stored.Read().Dispose();
    }
}
