using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// Writes a state_dict as PyTorch has since 1.6: a zip file in which <c>data.pkl</c> holds the pickle (protocol 2, PEP 307) and
/// <c>data/N</c> the values of the N-th tensor. It uses only what <c>torch.load(…, weights_only=True)</c> allows.
/// </summary>
internal sealed class StateDictWriter
{
    private const string Folder = "archive/";
    private const string FormatVersion = "3\n";

    private readonly ArrayBufferWriter<byte> _pickle = new();

    /// <param name="stream">Where to write; it stays open.</param>
    /// <param name="tensors">Names, no two the same, and tensors on any device.</param>
    public static void Write(Stream stream, IEnumerable<(string Name, torch.Tensor Value)> tensors)
    {
        var all = tensors.ToList();
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        Add("data.pkl", entry => entry.Write(new StateDictWriter().Pickle(all)));
        Add("byteorder", entry => entry.Write("little"u8));
        for (var i = 0; i < all.Count; i++)
            Add($"data/{i}", entry => TensorBytes.Write(entry, all[i].Value));
        Add("version", entry => entry.Write(Encoding.ASCII.GetBytes(FormatVersion)));

        void Add(string name, Action<Stream> write)
        {
            // PyTorch reads stored entries alone.
            using var entry = zip.CreateEntry(Folder + name, CompressionLevel.NoCompression).Open();
            write(entry);
        }
    }

    private byte[] Pickle(List<(string Name, torch.Tensor Value)> tensors)
    {
        Code(PickleCodes.Protocol, 2);
        OrderedDictionary();
        Code(PickleCodes.Mark);
        for (var i = 0; i < tensors.Count; i++)
        {
            Text(tensors[i].Name);
            Tensor($"{i}", tensors[i].Value);
        }
        Code(PickleCodes.SetItems);
        Metadata();
        Code(PickleCodes.Stop);
        return _pickle.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The attribute <c>_metadata</c>, which has the versions of modules' layouts: torchvision's MNASNet refuses to load without
    /// the outermost, and no other module asks for its own.
    /// </summary>
    private void Metadata()
    {
        Code(PickleCodes.EmptyDictionary);
        Text("_metadata");
        OrderedDictionary();
        Text("");
        Code(PickleCodes.EmptyDictionary);
        Text("version");
        Number(2);
        Code(PickleCodes.SetItem, PickleCodes.SetItem, PickleCodes.SetItem, PickleCodes.Build);
    }

    /// <summary>torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)</summary>
    private void Tensor(string key, torch.Tensor value)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Code(PickleCodes.Mark);

        Code(PickleCodes.Mark);
        Text("storage");
        Global("torch", ElementTypes.StorageName(value.dtype));
        Text(key);
        Text("cpu");
        Number(value.numel());
        Code(PickleCodes.Tuple, PickleCodes.PersistentId);

        Number(0);
        Numbers(value.shape);
        Numbers(Strides(value.shape));
        Code(PickleCodes.False);
        OrderedDictionary();
        Code(PickleCodes.Tuple, PickleCodes.Reduce);
    }

    /// <summary>Steps of a dimension in row-major order, in elements.</summary>
    private static long[] Strides(long[] sizes) =>
        [.. Enumerable.Range(1, sizes.Length).Select(i => sizes.Skip(i).Aggregate(1L, (product, size) => product * size))];

    private void OrderedDictionary()
    {
        Global("collections", "OrderedDict");
        Code(PickleCodes.EmptyTuple, PickleCodes.Reduce);
    }

    private void Numbers(long[] values)
    {
        Code(PickleCodes.Mark);
        foreach (var value in values)
            Number(value);
        Code(PickleCodes.Tuple);
    }

    private void Number(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            Code(PickleCodes.Int32);
            _pickle.Write(bytes[..sizeof(int)]);
        }
        else
        {
            Code(PickleCodes.Long1, sizeof(long));
            _pickle.Write(bytes);
        }
    }

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        Code(PickleCodes.Text32);
        _pickle.Write(length);
        _pickle.Write(bytes);
    }

    private void Global(string module, string name)
    {
        Code(PickleCodes.Global);
        _pickle.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Code(params ReadOnlySpan<byte> codes) => _pickle.Write(codes);
}
