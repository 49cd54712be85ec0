using System.Text;

namespace TransferKit;

/// <summary>Finds a file's format by its first bytes.</summary>
internal static class FileFormat
{
    /// <summary>Kinds of file that people mistake for weights, by how they begin.</summary>
    private static readonly (string Start, string Kind)[] Foreign =
    [
        ("version https://git-lfs", "a pointer of git-lfs; fetch the file itself (git lfs pull)"),
        ("<", "a web page, probably an error page of the server it came from"),
        ("\u0089HDF", "an HDF5 file of Keras; TransferKit reads PyTorch's formats and safetensors"),
        ("\u001F\u008B", "compressed by gzip; decompress it first"),
        ("GGUF", "a GGUF file; TransferKit reads PyTorch's formats and safetensors"),
        ("\u0093NUMPY", "a NumPy array; TransferKit reads PyTorch's formats and safetensors"),
    ];

    /// <summary>Enough to tell TorchSharp's format, which begins with a tensor's name.</summary>
    private const int StartBytes = 1024;

    public static IReadOnlyDictionary<string, StoredTensor> Read(WeightsFile weights)
    {
        var file = weights.OpenPart(weights.Path);
        return ShardIndex.Recognizes(Start(file)) ? ShardIndex.Read(file, weights) : Read(file, weights);
    }

    /// <summary>The tensors of one file that is no index of others.</summary>
    public static IReadOnlyDictionary<string, StoredTensor> Read(FileBytes file, WeightsFile weights)
    {
        var start = Start(file);
        if (start.AsSpan().StartsWith("PK\u0003\u0004"u8))
            return ZippedWeights.Read(file);
        if (PyTorchLegacy.Recognizes(start))
            return PyTorchLegacy.Read(file);
        if (SafeTensors.Recognizes(start))
            return SafeTensors.Read(new PlainStorage(file, 0, file.Length), weights);
        if (TorchSharpFile.Recognizes(start))
            return TorchSharpFile.Read(file);
        if (OnnxFile.Recognizes(start))
            return OnnxFile.Read(file, weights);
        throw new WeightsException(file.Path, $"is {Guess(start)}.");
    }

    private static byte[] Start(FileBytes file)
    {
        var start = new byte[(int)Math.Min(file.Length, StartBytes)];
        file.Read(0, start);
        return start.Length > 0 ? start : throw new WeightsException(file.Path, "is empty.");
    }

    private static string Guess(byte[] start)
    {
        var text = Encoding.Latin1.GetString(start).TrimStart();
        foreach (var (begin, kind) in Foreign)
        {
            if (text.StartsWith(begin, StringComparison.Ordinal))
                return kind;
        }

        return start[0] == PickleCodes.Protocol
            ? "a pickle that torch.save did not write; save a state_dict with torch.save"
            : "no weights file that TransferKit knows (PyTorch, safetensors, TorchSharp, ONNX), or its beginning is damaged";
    }
}
