using System.IO.Compression;
using System.Text;

namespace TransferKit.Tests.Weights;

/// <summary>Writes pickles opcode by opcode, also such as Python never would.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _code = [0x80, 2];

    public PickleWriter Code(params byte[] codes)
    {
        _code.AddRange(codes);
        return this;
    }

    public PickleWriter Code(char code) => Code((byte)code);

    public PickleWriter Code(char code, byte argument) => Code((byte)code, argument);

    public PickleWriter Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Code('X').Code(BitConverter.GetBytes(bytes.Length)).Code(bytes);
    }

    public PickleWriter Global(string module, string name) => Code('c').Code(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleWriter Number(long value) => Code(0x8A, 8).Code(BitConverter.GetBytes(value));

    public PickleWriter Tuple(params long[] values)
    {
        Code('(');
        foreach (var value in values)
            Number(value);
        return Code('t');
    }

    /// <summary>A tensor of storage "0", as torch.save writes it.</summary>
    public PickleWriter Tensor(string storage, long count, long offset, long[] shape, long[] strides) => this
        .Global("torch._utils", "_rebuild_tensor_v2")
        .Code('(')
        .Code('(').Text("storage").Global("torch", storage).Text("0").Text("cpu").Number(count).Code('t').Code('Q')
        .Number(offset).Tuple(shape).Tuple(strides).Code(0x89).Global("collections", "OrderedDict").Code(')').Code('R')
        .Code('t').Code('R');

    /// <summary>A state_dict with one tensor, "w".</summary>
    public static byte[] StateDict(string storage, long count, long offset, long[] shape, long[] strides) =>
        new PickleWriter().Code('}').Text("w").Tensor(storage, count, offset, shape, strides).Code('s').Code('.').ToArray();

    public byte[] ToArray() => [.. _code];

    /// <summary>A file of PyTorch's zip format with a pickle and one storage.</summary>
    public static string Zip(
        TemporaryFolder folder, byte[] pickle, byte[] storage, CompressionLevel level = CompressionLevel.NoCompression)
    {
        var path = folder.File("made.pth");
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        foreach (var (name, content) in new[] { ("a/data.pkl", pickle), ("a/data/0", storage) })
        {
            using var entry = zip.CreateEntry(name, level).Open();
            entry.Write(content);
        }

        return path;
    }
}
