using Microsoft.ML.OnnxRuntime;

namespace TransferKit.Vision;

/// <summary>Opens files in ONNX Runtime, and says in plain words where that fails.</summary>
internal static class OnnxSession
{
    private const string ProviderSuffix = "ExecutionProvider";

    /// <exception cref="ModelFileException">The file is not there, no ONNX model, or ONNX Runtime can't run it.</exception>
    /// <exception cref="ArgumentException">A provider is not there.</exception>
    public static InferenceSession Open(string path, OnnxPredictorOptions options)
    {
        RequireFile(path);
        try
        {
            using var session = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            if (options.Threads is { } threads)
                session.IntraOpNumThreads = threads;
            foreach (var name in options.ExecutionProviders)
                Append(path, session, name);
            options.ConfigureSession?.Invoke(session);
            return new InferenceSession(path, session);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelFileException(path, Reason(path, error.Message), error);
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException)
        {
            throw new ModelFileException(path, "ONNX Runtime doesn't load here "
                + $"({error.GetBaseException().Message.TrimEnd('.')}): add the package Microsoft.ML.OnnxRuntime, or the one for "
                + "your platform and device, to the program.", error);
        }
    }

    private static void RequireFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[4];
            if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == 0)
                throw new ModelFileException(path, "the file is empty.");
            if (start.SequenceEqual("PK\u0003\u0004"u8))
                throw new ModelFileException(path, $"it is no ONNX file. If it is a saved model, {nameof(Predictor)}."
                    + $"{nameof(Predictor.Load)} opens it, with libtorch, or {nameof(TransferModel)}."
                    + $"{nameof(TransferModel.ExportOnnx)} makes an ONNX file of it.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileException(path, "there is no such file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"it can't be read: {error.Message}", error);
        }
    }

    private static void Append(string path, SessionOptions session, string name)
    {
        var available = OrtEnv.Instance().GetAvailableProviders().Select(Short).ToList();
        var provider = available.Find(one => one.Equals(Short(name), StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"This build of ONNX Runtime has no execution provider '{name}', but "
                + $"{string.Join(", ", available)}. Others come with packages such as Microsoft.ML.OnnxRuntime.Gpu (CUDA, "
                + "TensorRT) and Microsoft.ML.OnnxRuntime.DirectML (DML), "
                + "to be referenced in place of Microsoft.ML.OnnxRuntime.");
        try
        {
            switch (provider.ToUpperInvariant())
            {
                case "CPU": session.AppendExecutionProvider_CPU(); break;
                case "CUDA": session.AppendExecutionProvider_CUDA(); break;
                case "TENSORRT": session.AppendExecutionProvider_Tensorrt(); break;
                case "DML": session.AppendExecutionProvider_DML(); break;
                case "OPENVINO": session.AppendExecutionProvider_OpenVINO(); break;
                case "MIGRAPHX": session.AppendExecutionProvider_MIGraphX(); break;
                default: session.AppendExecutionProvider(provider); break;
            }
        }
        catch (Exception error) when (error is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw new ModelFileException(path, $"ONNX Runtime's execution provider {provider} "
                + $"can't be used here: {error.Message}", error);
        }
    }

    private static string Short(string provider) => provider.EndsWith(ProviderSuffix, StringComparison.OrdinalIgnoreCase)
        ? provider[..^ProviderSuffix.Length]
        : provider;

    private static string Reason(string path, string message)
    {
        if (message.Contains("Protobuf parsing failed", StringComparison.OrdinalIgnoreCase))
            return "it is no ONNX model, or it is damaged.";
        var weights = Path.GetFileName(path) + ".data";
        return message.Contains(weights, StringComparison.Ordinal)
            ? $"its weights lie in a second file, {weights}, which is missing or damaged: keep the two together. ({message})"
            : $"ONNX Runtime can't open it: {message}";
    }
}
