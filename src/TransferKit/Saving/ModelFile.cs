using System.IO.Compression;
using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// The saved form of a model: a zip file with <c>model.json</c> and <c>weights.safetensors</c>, both readable by other tools.
/// </summary>
internal static class ModelFile
{
    private const string DescriptionEntry = "model.json";
    internal const string WeightsEntry = "weights.safetensors";

    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="description">What the file says of the model.</param>
    /// <param name="weights">Its weights.</param>
    /// <exception cref="ModelFileException">It can't be written.</exception>
    public static void Save(string path, ModelDescription description, IEnumerable<(string Name, torch.Tensor Value)> weights)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
                using (var entry = zip.CreateEntry(DescriptionEntry).Open())
                    JsonSerializer.Serialize(entry, description, ModelDescriptionJson.Default.ModelDescription);
                // Stored, not deflated, so that the weights can be read straight into the tensors from where they lie.
                using (var entry = zip.CreateEntry(WeightsEntry, CompressionLevel.NoCompression).Open())
                    SafeTensorsWriter.Write(entry, weights);
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"the model can't be saved: {error.Message}", error);
        }
    }

    /// <param name="path">The file.</param>
    /// <param name="device">Where the model shall live.</param>
    /// <param name="precision">The numbers it shall compute with.</param>
    /// <param name="customHead">The head of the user's own that it was built with, where it has one.</param>
    /// <param name="customBackbone">The architecture of the user's own, where it has one.</param>
    /// <returns>The model, and what else the file knows of it.</returns>
    /// <exception cref="ModelFileException">The file is not there, damaged, or lacks what was passed or wasn't.</exception>
    public static (LiveModel Model, ModelFacts Facts) Load(
        string path, ComputeDevice device, Precision precision, Head? customHead, NamedBlueprint? customBackbone)
    {
        var description = ReadDescription(path);
        if (description.Head is CustomHead && customHead?.Classes != description.Head.Classes)
            throw new ModelFileException(
                path, $"it has a custom head for {description.Head.Classes} classes, which a file can't hold: "
                + "pass the head that the model was built with to Load.");
        var recipe = new ModelRecipe(Blueprint(path, description.Model, customBackbone), Pretrained.FromFile(path))
        {
            Head = description.Head is CustomHead ? customHead : description.Head,
            Freezing = description.Freezing,
            BatchNorm = description.BatchNorm,
            ImageSize = description.Preprocessing.CropSize,
            InputChannels = description.InputChannels,
            Device = device,
            Precision = precision,
        };
        var target = device.Resolve();
        var network = recipe.Describe();
        try
        {
            network.TransformsInput = description.TransformsInput;
            network.Allocate(torch.CPU);
            using (var file = WeightsFile.Open(path))
                StateDictLoader.Load(file, network.NamedWeights());
            if (target.type != DeviceType.CPU)
                network.MoveTo(target);
            return (new LiveModel(recipe, network, description.Preprocessing), ModelFacts.Of(description));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static NamedBlueprint Blueprint(string path, string name, NamedBlueprint? customBackbone) =>
        customBackbone?.Name == name ? customBackbone
        : customBackbone?.Preprocessing is not null ? throw new ModelFileException(
            path, $"it holds a '{name}', and the backbone that was passed to Load is '{customBackbone.Name}'.")
        : Architectures.TryFind(name) ?? throw new ModelFileException(path,
            $"it holds a '{name}', which this version of TransferKit doesn't know. If that is a network of your own, pass "
            + "the plan of Backbone.Custom that the model was built with to Load, as LoadOptions.CustomBackbone.");

    /// <summary>What a file of weights says about the model in it; null where it is no saved model.</summary>
    /// <exception cref="ModelFileException">The description is damaged, or of a newer format.</exception>
    public static ModelDescription? DescriptionIn(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            if (zip.GetEntry(DescriptionEntry) is null)
                return null;
        }
        catch (InvalidDataException)
        {
            return null;
        }

        return ReadDescription(path);
    }

    private static ModelDescription ReadDescription(string path)
    {
        var description = Deserialize(path);
        var outputs = description.Head?.Classes ?? Architectures.TryFind(description.Model)?.Classes
            ?? Architectures.ImageNetClasses;
        if (description.Classes.Count != outputs)
            throw new ModelFileException(path, $"{DescriptionEntry} names {description.Classes.Count} classes, "
                + $"but the network has {outputs}: the file is damaged.");
        if (description.Temperature is { } temperature && !(double.IsFinite(temperature) && temperature > 0))
            throw new ModelFileException(
                path, FormattableString.Invariant($"{DescriptionEntry} has the temperature {temperature}, which must be ")
                + "above 0: the file is damaged.");
        return description;
    }

    private static ModelDescription Deserialize(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            using var entry = (zip.GetEntry(DescriptionEntry)
                ?? throw new ModelFileException(path, $"it has no {DescriptionEntry}, so it is not a saved model.")).Open();
            using var json = JsonDocument.Parse(entry);
            if (json.RootElement.GetProperty("formatVersion").GetInt32() is var version
                and not (>= ModelDescription.OldestVersion and <= ModelDescription.CurrentVersion))
                throw new ModelFileException(path, $"it is of format {version}; this version of TransferKit reads formats "
                    + $"{ModelDescription.OldestVersion} to {ModelDescription.CurrentVersion}. Update TransferKit.");
            return json.Deserialize(ModelDescriptionJson.Default.ModelDescription)!;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileException(path, "there is no such file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"it can't be read: {error.Message}", error);
        }
        catch (InvalidDataException error) when (BeginsAsOnnx(path))
        {
            throw new ModelFileException(path, "it is no saved model. If it is an exported graph, OnnxPredictor.Load of the "
                + "package TransferKit.Onnx predicts with it.", error);
        }
        catch (Exception error) when (error is InvalidDataException or JsonException or KeyNotFoundException
            or InvalidOperationException or ArgumentException or FormatException or NotSupportedException)
        {
            throw new ModelFileException(path, $"it is not a saved model, or it is damaged: {error.Message}", error);
        }
    }

    private static bool BeginsAsOnnx(string path)
    {
        Span<byte> start = stackalloc byte[2];
        using var file = File.OpenRead(path);
        return OnnxFile.Recognizes(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }
}
