using System.Drawing;
using System.Security.Cryptography;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// The library's own decoder of JPEGs, alone, on one thread: beside the image library's, and its pixels for others to compare.
/// </summary>
internal static unsafe class JpegDecoding
{
    /// <summary>CPU time of opening and decoding every JPEG of a folder, whole and as random parts.</summary>
    public static void Run(string folder, int rounds)
    {
        var files = Files(folder).Select(File.ReadAllBytes).ToArray();
        using var jpeg = new JpegDecoder();
        using var pixels = new PixelBuffer();
        using var turning = new PixelBuffer();
        var own = files.Count(file => JpegFrame.TryRead(file) is { } frame
            && jpeg.TryDecode(frame, file, new(Point.Empty, frame.Size), pixels));
        Console.WriteLine($"{files.Length} JPEGs, {own} decoded here; CPU time a picture, the best of {rounds}, and the ratio");
        foreach (var isPart in new[] { false, true })
        {
            var (here, library) = (double.MaxValue, double.MaxValue);
            // In turn: other programs disturb both alike.
            for (var round = 0; round < rounds; round++)
            {
                here = Math.Min(here, Milliseconds(files, isPart, (file, start) => JpegFrame.TryRead(file) is { } frame
                    ? new JpegImage("", frame, (byte*)start, file.Length, jpeg, turning, new DecodingOptions())
                    : ByLibrary(file, start)));
                library = Math.Min(library, Milliseconds(files, isPart, ByLibrary));
            }

            Console.WriteLine($"{(isPart ? "random part" : "whole"),-12}{here,8:F3} ms{library,8:F3} ms{library / here,8:F2}");
        }

        EncodedImage ByLibrary(byte[] file, nint start) => new(
            "", ImageDecoder.OpenCodec("", (byte*)start, file.Length), (byte*)start, file.Length, ImageFormat.Jpeg, turning,
            new DecodingOptions());

        double Milliseconds(byte[][] encoded, bool isPart, Func<byte[], nint, Picture> open)
        {
            var random = new SeededRandom(1, 1);
            var crop = new RandomResizedCrop(224);
            var before = Environment.CpuUsage.TotalTime;
            foreach (var file in encoded)
                fixed (byte* start = file)
                {
                    using var picture = open(file, (nint)start);
                    picture.Decode(isPart ? crop.Draw(picture.Size, ref random) : new(Point.Empty, picture.Size), pixels);
                }

            return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / encoded.Length;
        }
    }

    /// <summary>Writes the SHA-256 of each JPEG's red, green and blue bytes, how it was decoded, and its path.</summary>
    public static void Hash(string folder)
    {
        using var decoder = new ImageDecoder();
        using var jpeg = new JpegDecoder();
        using var pixels = new PixelBuffer();
        foreach (var path in Files(folder))
        {
            try
            {
                using var picture = decoder.Open(ImageSource.FromFile(path));
                picture.Decode(new(Point.Empty, picture.Size), pixels);
            }
            catch (ImageException error)
            {
                Console.WriteLine($"{error.Reason}\trefused\t{path}");
                continue;
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(pixels.ToRgb()));
            var isOwn = JpegFrame.TryRead(decoder.Encoded) is { } frame
                && jpeg.TryDecode(frame, decoder.Encoded, new(Point.Empty, frame.Size), pixels);
            Console.WriteLine($"{hash}\t{(isOwn ? "here" : "library")}\t{path}");
        }
    }

    private static IEnumerable<string> Files(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => Vision.FileFormat.OfExtension(Path.GetExtension(path.AsSpan())) == ImageFormat.Jpeg)
        .Order(StringComparer.Ordinal);
}
