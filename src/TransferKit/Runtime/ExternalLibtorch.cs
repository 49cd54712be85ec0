using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// A libtorch that the program doesn't bring along, such as the one within a PyTorch installation: the environment variable
/// <c>TRANSFERKIT_LIBTORCH</c> names its folder. It is loaded before TorchSharp looks for one, and the system's loader then hands
/// out the loaded one, since libraries are known by their names.
/// </summary>
internal static class ExternalLibtorch
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "TRANSFERKIT_LIBTORCH";

    private static readonly Lazy<string?> Outcome = new(() => Folder is null ? null : Load(Folder));

    /// <summary>
    /// The folder with the libraries: the one that the variable names, or <c>lib</c> within it; null if the variable isn't set.
    /// </summary>
    public static string? Folder { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? FindLibraries(named) : null;

    /// <summary>Why it can't be used, in one line; null if it is loaded, or none was asked for.</summary>
    public static string? Problem => Outcome.Value;

    /// <summary>The folder that somebody means who names it, or the one above it.</summary>
    internal static string FindLibraries(string named)
    {
        var within = Path.Join(named, "lib");
        return File.Exists(Path.Join(within, NativeFiles.NameOf("torch"))) ? within : named;
    }

    /// <summary>Loads the libtorch in a folder.</summary>
    /// <returns>Why it can't be, in one line; null if it is loaded.</returns>
    internal static string? Load(string folder)
    {
        // Two libtorches in one process would register their operators twice, and end it.
        if (NativeFiles.FindOwn("torch") is { } own)
            return $"{Variable} is set, but the program brings its own libtorch, {own}. Publish it without a libtorch package, "
                + $"or unset {Variable}.";
        var library = Path.Join(folder, NativeFiles.NameOf("torch"));
        if (!File.Exists(library))
            return $"{Variable} names {folder}, where there is no {Path.GetFileName(library)}. It must name the folder of "
                + "libtorch's libraries: that is lib within libtorch's archive, and torch/lib within Python's packages.";
        try
        {
            // libtorch itself needs the others; but on Windows nothing makes the CUDA half load.
            NativeLibrary.Load(library);
            if (OperatingSystem.IsWindows() && NativeFiles.Find("torch_cuda") is { } cuda)
                NativeLibrary.Load(cuda);
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            return $"The libtorch in {folder}, which {Variable} names, does not load: {NativeFiles.Reason(error)}";
        }
    }
}
