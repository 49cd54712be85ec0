namespace TransferKit.Vision.Tests;

/// <summary>The tar, zip and Parquet files in Parity/shards, and what is in them; see make_shards.py and make_parquet.cs.</summary>
internal static class ShardFixture
{
    /// <summary>The pictures, in the order of the samples.</summary>
    public static readonly string[] Pictures = ["grey.jpg", "one_pixel.jpg", "grey.png", "lossy.webp", "rgb_13x17.png"];

    public static string PathOf(string name) => Path.Join(AppContext.BaseDirectory, "Parity", "shards", name);

    public static byte[] Picture(int index) => File.ReadAllBytes(Fixture.PathOf(Pictures[index]));

    public static byte[] Read(ImageSource source)
    {
        using var buffer = new NativeBuffer();
        return source.Read(buffer).ToArray();
    }

    /// <summary>The names of pictures from a folder on, with slashes.</summary>
    public static IEnumerable<string> Names(ImageDataset data, string from) =>
        data.Sources.Select(source => Path.GetRelativePath(PathOf(from), source.Name).Replace('\\', '/'));
}
