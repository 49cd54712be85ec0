using System.Diagnostics;
using System.Drawing;
using System.Globalization;
using TransferKit.Vision;

namespace TransferKit.Fuzz;

/// <summary>
/// Damages JPEGs and decodes each, or a part of it, as pictures of a dataset are, and by the image library alone: both must give
/// a picture, or both refuse it with one line. Samples far out of range, which only damage makes, become other pixels: they wrap
/// around in the image library's libjpeg, and not in the vector code of libjpeg-turbo, which PIL has and the decoder here equals.
/// </summary>
internal sealed class JpegTrial : IDisposable
{
    // A damage can make a picture of any size, which would take its time.
    private static readonly DecodingOptions Options = new() { PixelLimit = 1 << 20 };

    private readonly ImageDecoder _decoder = new(Options);
    private readonly JpegDecoder _own = new();
    private readonly PixelBuffer _pixels = new();
    private readonly PixelBuffer _expected = new();
    private readonly PixelBuffer _turning = new();

    private JpegTrial()
    {
    }

    /// <summary>Runs the trial.</summary>
    /// <param name="count">How many damaged files.</param>
    /// <param name="seed">Decides the damages: the same make the same files.</param>
    /// <param name="paths">Sound files; those that aren't JPEGs are passed over.</param>
    /// <exception cref="InvalidOperationException">The two differ.</exception>
    public static string Run(int count, int seed, IEnumerable<string> paths)
    {
        var files = paths.Order(StringComparer.Ordinal).Select(File.ReadAllBytes)
            .Where(file => Vision.FileFormat.Of(file) == ImageFormat.Jpeg).ToArray();
        using var trial = new JpegTrial();
        var counts = new int[Enum.GetValues<Outcome>().Length];
        var slowest = TimeSpan.Zero;
        for (var number = 0; number < count; number++)
        {
            var start = Stopwatch.GetTimestamp();
            counts[(int)trial.Try(files[number % files.Length], seed, number)]++;
            if (Stopwatch.GetElapsedTime(start) is var time && time > slowest)
                slowest = time;
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"{count:N0} damaged files of {files.Length} JPEGs, all with the image library's verdict: "
            + $"{counts[(int)Outcome.Refused]:N0} refused, {counts[(int)Outcome.ByLibrary]:N0} decoded by it, "
            + $"{counts[(int)Outcome.Equal]:N0} decoded here to the same pixels, {counts[(int)Outcome.Other]:N0} to others. "
            + $"Slowest: {slowest.TotalMilliseconds:F0} ms.");
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _own.Dispose();
        _pixels.Dispose();
        _expected.Dispose();
        _turning.Dispose();
    }

    private Outcome Try(byte[] whole, int seed, int number)
    {
        var mutation = Mutation.Of(whole, seed, number, Mutation.JpegBytes);
        var file = whole.AsSpan(0, mutation.Length).ToArray();
        foreach (var (place, bytes) in mutation.Edits)
            if (place < file.Length)
                bytes.AsSpan(0, Math.Min(bytes.Length, file.Length - place)).CopyTo(file.AsSpan(place));
        if (Vision.FileFormat.Of(file) != ImageFormat.Jpeg)
            return Outcome.Refused;

        var name = $"input {number}";
        var part = new Random(number);
        var refusal = Refusal(() =>
        {
            using var picture = _decoder.Open(ImageSource.FromBytes(file, name));
            picture.Decode(PartOf(picture.Size, part), _pixels);
        });
        part = new Random(number);
        var expectedRefusal = Refusal(() => DecodeByLibrary(name, file, part));
        if ((refusal is null) != (expectedRefusal is null))
        {
            throw new InvalidOperationException(
                $"{name} of seed {seed}: {refusal ?? "a picture"}; the image library: {expectedRefusal ?? "a picture"}");
        }

        if (refusal is not null)
            return Outcome.Refused;
        var isDecodedHere = JpegFrame.TryRead(file) is { } frame
            && _own.TryDecode(frame, file, new(Point.Empty, frame.Size), _turning);
        return !isDecodedHere ? Outcome.ByLibrary : AreEqual() ? Outcome.Equal : Outcome.Other;
    }

    private unsafe void DecodeByLibrary(string name, byte[] file, Random part)
    {
        if (JpegStructure.UnreadableKind(file) is { } kind)
            throw new ImageException(name, kind);
        fixed (byte* start = file)
        {
            var codec = ImageDecoder.OpenCodec(name, start, file.Length);
            using var picture = new EncodedImage(name, codec, start, file.Length, ImageFormat.Jpeg, _turning, Options);
            if ((long)picture.Size.Width * picture.Size.Height > Options.PixelLimit)
                throw new ImageException(name, "it is too large");
            picture.Decode(PartOf(picture.Size, part), _expected);
        }
    }

    /// <summary>All of every other picture, and some part of the others.</summary>
    private static Rectangle PartOf(Size size, Random random)
    {
        if (random.Next(2) == 0)
            return new(Point.Empty, size);
        var (width, height) = (random.Next(1, size.Width + 1), random.Next(1, size.Height + 1));
        return new(random.Next(size.Width - width + 1), random.Next(size.Height - height + 1), width, height);
    }

    /// <summary>
    /// What an action says against a file; null if nothing. Anything but one line of an <see cref="ImageException"/> passes.
    /// </summary>
    private static string? Refusal(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (ImageException error) when (!error.Message.Contains('\n', StringComparison.Ordinal))
        {
            return error.Message;
        }
    }

    /// <summary>Whether what both gave has the same pixels.</summary>
    private unsafe bool AreEqual()
    {
        var common = Rectangle.Intersect(_pixels.Area, _expected.Area);
        for (var y = common.Top; y < common.Bottom; y++)
        {
            var bytes = common.Width * PixelBuffer.BytesPerPixel;
            if (!new ReadOnlySpan<byte>(_pixels.At(common.Left, y), bytes)
                .SequenceEqual(new ReadOnlySpan<byte>(_expected.At(common.Left, y), bytes)))
                return false;
        }

        return true;
    }

    private enum Outcome
    {
        Refused,
        ByLibrary,
        Equal,
        Other,
    }
}
