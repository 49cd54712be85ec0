namespace TransferKit;

/// <summary>Weights files that packages put into the folder of the program.</summary>
internal static class PackagedWeights
{
    /// <summary>The folder, in that of the program.</summary>
    private const string Folder = "transferkit-weights";

    private const string Extension = ".safetensors";

    /// <summary>Whether a package has brought weights for a model.</summary>
    public static bool Has(string model) => File.Exists(PathOf(model));

    /// <summary>The file of a model's weights.</summary>
    /// <exception cref="WeightsException">No package has brought any; the message names what is there.</exception>
    public static string Find(string model)
    {
        var path = PathOf(model);
        if (File.Exists(path))
            return path;
        var folder = Path.GetDirectoryName(path)!;
        var others = Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*" + Extension).Select(Path.GetFileNameWithoutExtension).Order().ToList() : [];
        throw new WeightsException(path, others.Count == 0
            ? $"no package has brought weights for {model}. The package TransferKit.Weights.ResNet20 has some for resnet20: "
              + "dotnet add package TransferKit.Weights.ResNet20, and Backbone.ResNet20(Pretrained.Packaged)."
            : $"no package has brought weights for {model}; there are some for {string.Join(", ", others)}.");
    }

    // Also the folder of a program in a single file, and that into which one unpacks itself.
    private static string PathOf(string model) => Path.Join(AppContext.BaseDirectory, Folder, model + Extension);
}
