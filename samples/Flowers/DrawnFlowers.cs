using Flowers.Drawing;
using SkiaSharp;

namespace Flowers;

/// <summary>
/// A small data set that needs no network: daisies and tulips, drawn. Both come in the same colors, before the same
/// backgrounds and in the same light, so that a network must learn their shapes.
/// </summary>
internal static class DrawnFlowers
{
    private const int Side = 176;

    // Raise it when the pictures change, so that nobody trains on old ones.
    private const int Version = 1;

    private static readonly (string ClassName, Flower Draw)[] Kinds = [("daisy", Daisy.Draw), ("tulip", Tulip.Draw)];

    /// <summary>Draws the pictures unless that has been done before, and returns their folder in the user's cache.</summary>
    /// <param name="perClass">Pictures of each kind.</param>
    /// <param name="seed">The same seed gives the same pictures.</param>
    public static string Cached(int perClass, int seed)
    {
        var folder = Path.Join(CacheFolder(), "transferkit", $"drawn-flowers-v{Version}-{perClass}-seed{seed}");
        if (Directory.Exists(folder))
            return folder;

        // Renamed when complete: a folder of that name is never half full, whenever the program is stopped.
        var unfinished = $"{folder}.{Guid.NewGuid():N}.tmp";
        try
        {
            Draw(unfinished, perClass, seed);
            Directory.Move(unfinished, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process was quicker, with the same pictures.
            Directory.Delete(unfinished, recursive: true);
        }

        return folder;
    }

    /// <summary>Draws JPEG files into one folder for each kind.</summary>
    /// <param name="root">The folder that holds them; made if it is missing.</param>
    /// <param name="perClass">Pictures of each kind.</param>
    /// <param name="seed">The same seed gives the same pictures.</param>
    public static void Draw(string root, int perClass, int seed)
    {
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            var (className, flower) = Kinds[kind];
            var folder = Directory.CreateDirectory(Path.Join(root, className)).FullName;
            var first = kind * perClass;
            Parallel.For(0, perClass, i =>
            {
                var random = new SeededRandom(seed, first + i);
                using var picture = Scene.Draw(flower, Side, random);
                using var jpeg = picture.Encode(SKEncodedImageFormat.Jpeg, quality: random.Next(80, 95));
                using var file = File.Create(Path.Join(folder, $"{className}_{i:d4}.jpg"));
                jpeg.SaveTo(file);
            });
        }
    }

    private static string CacheFolder() =>
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } named && Path.IsPathFullyQualified(named) ? named
        : OperatingSystem.IsLinux() ? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache")
        : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
}
