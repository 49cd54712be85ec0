using System.IO.Compression;

namespace TransferKit.Tests.Weights;

public sealed class HostilePickleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_hand_written_tensor_is_read()
    {
        using var file = Open(PickleWriter.StateDict("FloatStorage", 4, 0, [2, 2], [2, 1]), Floats(1, 2, 3, 4));

        file.Tensors["w"].Values().Should().Equal(1, 2, 3, 4);
    }

    [Theory]
    [InlineData(4, 0, new long[] { 2, 3 }, new long[] { 3, 1 }, "beyond its storage")]
    [InlineData(4, 1, new long[] { 4 }, new long[] { 1 }, "beyond its storage")]
    [InlineData(4, -1, new long[] { 2 }, new long[] { 1 }, "negative")]
    [InlineData(4, 3, new long[] { 4 }, new long[] { -1 }, "negative")]
    [InlineData(4, 0, new long[] { -2 }, new long[] { 1 }, "negative")]
    [InlineData(4, 0, new long[] { 2, 2 }, new long[] { 1 }, "2 dimensions and 1 strides")]
    [InlineData(5, 0, new long[] { 4 }, new long[] { 1 }, "should hold 5 elements")]
    [InlineData(-1, 0, new long[] { 4 }, new long[] { 1 }, "should hold -1 elements")]
    [InlineData(4, long.MaxValue, new long[] { 4 }, new long[] { 1 }, "beyond its storage")]
    [InlineData(4, 0, new long[] { long.MaxValue, 2 }, new long[] { long.MaxValue, 1 }, "too big")]
    [InlineData(4, 0, new long[] { long.MaxValue, long.MaxValue }, new long[] { 0, 0 }, "too big")]
    [InlineData(long.MaxValue, 0, new long[] { 4 }, new long[] { 1 }, "should hold")]
    public void A_view_outside_its_storage_is_refused(long count, long offset, long[] shape, long[] strides, string message) =>
        Refusing(PickleWriter.StateDict("FloatStorage", count, offset, shape, strides), message);

    [Fact]
    public void Huge_expanded_tensors_take_no_memory_until_they_are_copied()
    {
        using var file = Open(PickleWriter.StateDict("FloatStorage", 4, 0, [1L << 40, 1L << 10], [0, 0]), Floats(1, 2, 3, 4));

        file.Tensors["w"].Shape.Should().Equal(1L << 40, 1L << 10);
    }

    [Fact]
    public void A_list_that_holds_itself_is_refused() =>
        Refusing(
            new PickleWriter().Code('}').Code('q', 0).Text("w").Code('h', 0).Code('s').Code('.'),
            "nested too deeply, or in themselves");

    [Fact]
    public void A_dictionary_that_holds_itself_beside_a_tensor_is_refused() => Refusing(
        new PickleWriter().Code('}').Code('q', 0).Text("w").Tensor("FloatStorage", 4, 0, [4], [1]).Code('s')
            .Text("again").Code('h', 0).Code('s').Code('.'),
        "nested too deeply, or in themselves");

    [Fact]
    public void A_dictionary_nested_a_billion_times_by_sharing_is_refused()
    {
        // Thirty dictionaries, each of which holds the one before twice.
        var pickle = new PickleWriter().Code('}').Text("w").Tensor("FloatStorage", 4, 0, [4], [1]).Code('s').Code('q', 0);
        for (byte level = 1; level <= 30; level++)
        {
            var before = (byte)(level - 1);
            pickle.Code('}').Text("a").Code('h', before).Code('s').Text("b").Code('h', before).Code('s').Code('q', level);
        }


        Refusing(pickle.Code('.'), "nested too deeply, or in themselves");
    }

    [Fact]
    public void Deeply_nested_groups_are_refused()
    {
        var pickle = new PickleWriter();
        for (var i = 0; i < 100_000; i++)
            pickle.Code('(');
        Refusing(pickle.Code('.'), "nested deeper than");
    }

    [Fact]
    public void Deeply_nested_lists_are_read_without_recursion()
    {
        var pickle = new PickleWriter().Code('}').Text("w").Tensor("FloatStorage", 4, 0, [4], [1]).Code('s').Text("deep");
        for (var i = 0; i < 100_000; i++)
            pickle.Code(']');
        for (var i = 1; i < 100_000; i++)
            pickle.Code('a');
        using var file = Open(pickle.Code('s').Code('.').ToArray(), Floats(1, 2, 3, 4));

        file.Tensors.Keys.Should().Equal("w");
    }

    [Fact]
    public void An_endless_pickle_is_refused()
    {
        var pickle = new PickleWriter();
        for (var i = 0; i < 4_000_001; i++)
            pickle.Code('N').Code('0');
        Refusing(pickle.Code('.'), "takes more than 4000000 steps");
    }

    [Fact]
    public void Copying_one_list_over_and_over_is_refused()
    {
        var pickle = new PickleWriter().Code(']').Code('q', 0);
        for (var i = 0; i < 20_000; i++)
            pickle.Code(']').Text("k").Code('a').Code('N').Code('a').Code('a');
        for (var i = 0; i < 20_000; i++)
            pickle.Global("collections", "OrderedDict").Code('h', 0).Code(0x85).Code('R').Code('0');
        Refusing(pickle.Code('.'), "describes its dictionaries wrongly");
    }

    [Theory]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "getattr")]
    [InlineData("os", "system")]
    [InlineData("torch", "load")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("torch._utils", "_import_dotted_name")]
    [InlineData("__torch__", "Module")]
    [InlineData("torch.jit._pickle", "build_intlist")]
    public void Names_that_are_not_on_the_list_are_refused(string module, string name) =>
        Refusing(new PickleWriter().Global(module, name).Code('.'), $"needs the Python object {module}.{name},");

    [Fact]
    public void Names_out_of_the_file_cannot_break_the_message_into_lines() =>
        Refusing(new PickleWriter().Text("a\nb").Text("c\u001b[31m").Code(0x93).Code('.'), "needs the Python object a?b.c?[31m,");

    [Theory]
    [InlineData(new[] { 'R' }, "takes more than it gave")]
    [InlineData(new[] { '0' }, "takes more than it gave")]
    [InlineData(new[] { 't' }, "never began")]
    [InlineData(new[] { 'N', 'N', 'R' }, "calls something")]
    [InlineData(new[] { 'N', 'N', 'a' }, "appends to something")]
    [InlineData(new[] { 'N', 'N', 'N', 's' }, "sets an item of something")]
    [InlineData(new[] { 'N', 'Q' }, "a storage without a description")]
    [InlineData(new[] { 'h', 'z' }, "which it never stored")]
    [InlineData(new[] { 'i' }, "the code 0x69")]
    [InlineData(new[] { 'X', 'z', 'z', 'z', 'z' }, "of text")]
    [InlineData(new[] { '(', 'N', 'd' }, "a key without a value")]
    public void Broken_stack_machines_are_refused(char[] codes, string message)
    {
        var pickle = new PickleWriter();
        foreach (var code in codes)
            pickle.Code(code);
        Refusing(pickle.Code('.'), message);
    }

    [Fact]
    public void A_compressed_part_that_claims_gigabytes_is_refused_before_it_is_inflated()
    {
        var path = PickleWriter.Zip(
            _folder,
            PickleWriter.StateDict("FloatStorage", 1 << 28, 0, [1 << 28], [1]),
            new byte[1 << 20],
            CompressionLevel.SmallestSize);
        var bytes = File.ReadAllBytes(path);

        // The sizes in the entry's own header and in the table of contents.
        var size = BitConverter.GetBytes(1 << 20);
        for (var place = bytes.AsSpan().IndexOf(size); place >= 0; place = bytes.AsSpan().IndexOf(size))
            BitConverter.GetBytes(1 << 30).CopyTo(bytes, place);
        File.WriteAllBytes(path, bytes);

        FluentActions.Invoking(() => WeightsFile.Open(path).Dispose()).Should().Throw<WeightsException>()
            .WithMessage("*compressed bytes claim to hold 1073741824*");
    }

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private WeightsFile Open(byte[] pickle, byte[] storage) => WeightsFile.Open(PickleWriter.Zip(_folder, pickle, storage));

    private void Refusing(PickleWriter pickle, string message) => Refusing(pickle.ToArray(), message);

    private void Refusing(byte[] pickle, string message) =>
        FluentActions.Invoking(() => Open(pickle, Floats(1, 2, 3, 4)).Dispose()).Should().Throw<WeightsException>()
            .WithMessage($"*{message}*").Which.Message.Should().NotContain("\n");
}
