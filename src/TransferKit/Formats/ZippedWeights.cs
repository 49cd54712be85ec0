using System.Text;

namespace TransferKit;

/// <summary>
/// PyTorch's format since 1.6: a zip file in which <c>data.pkl</c> holds the pickle and <c>data/N</c> the storages.
/// TorchScript archives are the same, with modules in place of dictionaries. TransferKit's own models (.tkm) are zip
/// files too, in which <c>weights.safetensors</c> has all tensors.
/// </summary>
internal static class ZippedWeights
{
    private const string Pickle = "data.pkl";
    private const string Model = "weights.safetensors";

    public static IReadOnlyDictionary<string, StoredTensor> Read(FileBytes file)
    {
        var zip = ZipDirectory.Read(file);
        if (zip.Contains(Model))
            return SafeTensors.Read(zip.Open(Model));
        var pickle = zip.Names.Where(name => name == Pickle || name.EndsWith("/" + Pickle, StringComparison.Ordinal))
            .MinBy(name => name.Length)
            ?? throw new WeightsException(file.Path, $"is a zip file without weights: it has neither {Pickle} nor {Model}.");
        var folder = pickle[..^Pickle.Length];
        CheckByteOrder(zip, folder, file);

        var storages = new Dictionary<string, Storage>(StringComparer.Ordinal);
        var isScript = zip.Contains(folder + "constants.pkl");
        var root = Unpickler.Read(new ByteReader(zip.Open(pickle)), FindStorage, isScript);
        return StateDict.Find(root, file);

        // ("storage", class, key, device, number of elements)
        object? FindStorage(object?[] id)
        {
            if (id is not ["storage", PickleGlobal type, string key, _, long count, ..] || !PickleGlobals.IsStorage(type))
                throw file.Damaged("it describes a storage wrongly");
            if (ElementTypes.OfStorage(type.Name) is not { } element)
                return new PickleObject(type);
            if (!storages.TryGetValue(key, out var storage))
            {
                storage = zip.Open($"{folder}data/{key}");
                storages.Add(key, storage);
            }

            if (count < 0 || count > storage.Length / element.SizeInBytes())
                throw file.Damaged($"storage {key} should hold {count} elements and has {storage.Length} bytes");
            return new PickleStorage(storage, element);
        }
    }

    private static void CheckByteOrder(ZipDirectory zip, string folder, FileBytes file)
    {
        var name = folder + "byteorder";
        if (!zip.Contains(name))
            return;
        var storage = zip.Open(name);
        var text = new byte[(int)Math.Min(storage.Length, 16)];
        storage.Read(0, text);
        if (Encoding.ASCII.GetString(text) != "little")
            throw new WeightsException(file.Path, "was written on a big-endian machine; save it again on a little-endian one.");
    }
}
