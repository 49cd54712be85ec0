using System.Buffers;
using System.Drawing;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace TransferKit.Vision;

/// <summary>The input of a graph that scores images, and how prepared pictures become what it takes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TakesPixels">Whether it takes uint8 in 0..255, to be normalized by the graph, and not float32.</param>
/// <param name="ChannelsFirst">Whether it is <c>[batch, C, H, W]</c>, and not <c>[batch, H, W, C]</c>.</param>
/// <param name="BatchSize">How many images it takes at a time; null: any number.</param>
/// <param name="Height">Height of the images, in pixels; null: any.</param>
/// <param name="Width">Width of the images, in pixels; null: any.</param>
/// <param name="Channels">Channels of the images: 3, or 1.</param>
/// <param name="Uncropped">
/// Height and width of pictures that the graph doesn't resize, but of which it cuts out the middle; null: it does no such thing.
/// </param>
internal sealed record OnnxInput(
    string Name, bool TakesPixels, bool ChannelsFirst, int? BatchSize, int? Height, int? Width, int Channels, int? Uncropped)
{
    /// <exception cref="ModelFileException">The graph takes something else than images.</exception>
    public static OnnxInput Of(string path, InferenceSession session, OnnxDescription model)
    {
        if (session.InputMetadata.Count != 1)
            throw new ModelFileException(path, $"its graph has {session.InputMetadata.Count} inputs "
                + $"({string.Join(", ", session.InputMetadata.Keys)}), and a classifier of images has one.");
        var (name, input) = session.InputMetadata.Single();
        if (!input.IsTensor || input.ElementDataType is not (TensorElementType.Float or TensorElementType.UInt8))
            throw new ModelFileException(path, $"its input '{name}' is "
                + $"{(input.IsTensor ? input.ElementDataType : input.OnnxValueType)}, and images are given as float32 or uint8: "
                + "export it with inputs of such a type.");
        var sizes = input.Dimensions;
        var shape = $"[{string.Join(", ", sizes.Select(size => size < 1 ? "any" : $"{size}"))}]";
        if (sizes.Length != 4)
            throw new ModelFileException(path, $"its input '{name}' is {shape}, and images have four dimensions, [batch, 3, H, "
                + "W] or [batch, H, W, 3].");
        var isFirst = sizes[1] is 3 or 1 || (sizes[1] < 1 && sizes[3] is not (3 or 1));
        var channels = isFirst ? sizes[1] : sizes[3];
        if (channels is not (3 or 1 or < 1))
            throw new ModelFileException(path, $"its input '{name}' is {shape}: pictures have 3 channels, or 1 if gray.");
        var (height, width) = model.TakesWholePictures
            ? (model.Included.CropSize, model.Included.CropSize)
            : (Known(sizes[isFirst ? 2 : 1]), Known(sizes[isFirst ? 3 : 2]));
        return new(name, input.ElementDataType == TensorElementType.UInt8, isFirst, Known(sizes[0]), height, width,
            Known(channels) ?? model.Preprocessing.Channels, model.TakesWholePictures ? model.Included.ResizeSize : null);

        static int? Known(int size) => size > 0 ? size : null;
    }

    /// <exception cref="ModelFileException">Pictures are prepared to another size than the graph takes.</exception>
    public void Require(string path, Size prepared)
    {
        if ((Height ?? prepared.Height) != prepared.Height || (Width ?? prepared.Width) != prepared.Width)
            throw new ModelFileException(path, $"its graph takes images of {Text(Height)} × {Text(Width)} pixels (height × "
                + $"width), and pictures are prepared to {prepared.Height} × {prepared.Width}: state the "
                + $"{nameof(Preprocessing)}.{nameof(Preprocessing.CropSize)} or the transforms that go with it, "
                + "or export it for this size.");

        static string Text(int? size) => size is { } pixels ? $"{pixels}" : "any";
    }

    /// <summary>Hands some views to a function in the form that the graph takes.</summary>
    /// <param name="views">The views; of pixels in 0..1 if the graph normalizes them.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many; at most <see cref="BatchSize"/>, up to which the rest is zeros.</param>
    /// <param name="use">Gets the tensor, which is gone afterwards.</param>
    public T With<T>(NormalizedViews views, int first, int count, Func<OrtValue, T> use)
    {
        var batch = BatchSize ?? count;
        var (height, width) = (Uncropped ?? views.Height, Uncropped ?? views.Width);
        long[] shape = ChannelsFirst ? [batch, Channels, height, width] : [batch, height, width, Channels];
        var length = height * width * Channels;
        if (TakesPixels)
            return WithPool<byte>((row, target) => ToPixels(row, target, views, height, width));
        if ((!ChannelsFirst || views.Channels == 1) && batch == count)
            return Run(views.Values.AsMemory(first * views.Length, count * views.Length));
        return WithPool<float>((row, target) => Arrange(row, target));

        T WithPool<TElement>(Fill<TElement> fill)
            where TElement : unmanaged
        {
            var values = ArrayPool<TElement>.Shared.Rent(batch * length);
            try
            {
                values.AsSpan(0, batch * length).Clear();
                for (var i = 0; i < count; i++)
                    fill(views.Values.AsSpan((first + i) * views.Length, views.Length), values.AsSpan(i * length, length));
                return Run(values.AsMemory(0, batch * length));
            }
            finally
            {
                ArrayPool<TElement>.Shared.Return(values);
            }
        }

        T Run<TElement>(Memory<TElement> values)
            where TElement : unmanaged
        {
            using var tensor = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values, shape);
            return use(tensor);
        }
    }

    private delegate void Fill<TElement>(ReadOnlySpan<float> row, Span<TElement> target);

    /// <summary>
    /// Writes a view into the middle of a picture, where the graph cuts it out as <see cref="CenterCrop"/> does.
    /// </summary>
    private void ToPixels(ReadOnlySpan<float> row, Span<byte> target, NormalizedViews views, int height, int width)
    {
        var (top, left) = ((int)Math.Round((height - views.Height) / 2.0), (int)Math.Round((width - views.Width) / 2.0));
        var i = 0;
        for (var y = top; y < top + views.Height; y++)
            for (var x = left; x < left + views.Width; x++)
                for (var channel = 0; channel < Channels; channel++)
                    target[ChannelsFirst ? (channel * height + y) * width + x : (y * width + x) * Channels + channel]
                        = (byte)MathF.Round(255 * row[i++]);
    }

    private void Arrange(ReadOnlySpan<float> row, Span<float> target)
    {
        if (!ChannelsFirst)
        {
            row.CopyTo(target);
            return;
        }
        var pixels = row.Length / Channels;
        for (var channel = 0; channel < Channels; channel++)
        {
            var plane = target.Slice(channel * pixels, pixels);
            for (var i = 0; i < plane.Length; i++)
                plane[i] = row[Channels * i + channel];
        }
    }
}
