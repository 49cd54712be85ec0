using TorchSharp;

namespace TransferKit;

/// <summary>What a graph takes, and the nodes that make what the network takes of it.</summary>
internal sealed class OnnxPictures
{
    private const string Name = "images";

    private readonly OnnxPreprocessing _included;
    private readonly Preprocessing _preprocessing;
    private readonly Shape _image;

    /// <param name="included">How much is done by the graph.</param>
    /// <param name="preprocessing">What is to be done.</param>
    /// <param name="image">What the network takes, <c>[C, H, W]</c>.</param>
    /// <exception cref="InvalidOperationException">ONNX has no such operators.</exception>
    public OnnxPictures(OnnxPreprocessing included, Preprocessing preprocessing, Shape image)
    {
        (_included, _preprocessing, _image) = (included, preprocessing, image);
        if (included == OnnxPreprocessing.None)
            return;
        if (image[0] != 3)
            throw new InvalidOperationException($"The preprocessing is for red, green and blue, and the model takes images of "
                + $"{image[0]} channels: normalize them yourself, and export with "
                + $"{nameof(OnnxOptions.IncludePreprocessing)} = false.");
        if (included != OnnxPreprocessing.Whole)
            return;
        // Of the nearest pixel, rounding decides where two are equally near, and each runtime rounds in its own way.
        if (preprocessing.Interpolation is not (Interpolation.Bilinear or Interpolation.Bicubic))
            throw new InvalidOperationException($"The model's pictures are resized by {preprocessing.Interpolation}, which ONNX "
                + "doesn't have as Pillow does it: resize them yourself, and export with "
                + $"{nameof(OnnxPreprocessing)}.{nameof(OnnxPreprocessing.Normalize)}.");
        if (preprocessing.CropSize > preprocessing.ResizeSize)
            throw new InvalidOperationException($"The model's pictures are resized to {preprocessing.ResizeSize} pixels and get "
                + $"a border up to {preprocessing.CropSize}, which the graph doesn't do: prepare them yourself, and export with "
                + $"{nameof(OnnxPreprocessing)}.{nameof(OnnxPreprocessing.Normalize)}.");
    }

    /// <summary>The graph's input.</summary>
    public OnnxValue Input => _included == OnnxPreprocessing.None ? new(Name, [OnnxValue.Batch, .. _image.Sizes])
        : _included == OnnxPreprocessing.Normalize ? new(Name, [OnnxValue.Batch, _image[1], _image[2], _image[0]])
        : new(Name, [OnnxValue.Batch, OnnxValue.Height, OnnxValue.Width, _image[0]]);

    /// <summary>The input's element type.</summary>
    public torch.ScalarType Type => _included == OnnxPreprocessing.None ? torch.ScalarType.Float32 : torch.ScalarType.Byte;

    /// <summary>Makes of the input what the network takes.</summary>
    public OnnxValue Emit(OnnxGraph graph)
    {
        if (_included == OnnxPreprocessing.None)
            return Input;
        var pixels = graph.Transpose(Input, 0, 3, 1, 2);
        return Normalize(graph, _included == OnnxPreprocessing.Whole ? Crop(graph, Resize(graph, pixels)) : pixels);
    }

    /// <summary>
    /// As Pillow does it: filters reach over as many pixels as become one, and what lies beyond the picture counts for nothing.
    /// </summary>
    private OnnxValue Resize(OnnxGraph graph, OnnxValue pixels)
    {
        long size = _preprocessing.ResizeSize;
        // All four, as ONNX Runtime 1.31.1's optimizer breaks a linear Resize of some axes behind a Transpose.
        var sizes = graph.Concat(0, graph.Node("Shape", [2], [pixels], ("end", 2)),
            _preprocessing.Squash ? graph.Vector(size, size) : ShorterSide(graph, pixels, size));
        var none = new OnnxValue("", []);
        return graph.Node("Resize", pixels.Sizes, [pixels, none, none, sizes],
            ("mode", _preprocessing.Interpolation == Interpolation.Bicubic ? "cubic" : "linear"), ("cubic_coeff_a", -0.5f),
            ("antialias", 1), ("exclude_outside", 1));
    }

    /// <summary>Height and width of a picture whose shorter side gets a size; the longer one is rounded down.</summary>
    private static OnnxValue ShorterSide(OnnxGraph graph, OnnxValue pixels, long size)
    {
        var sides = graph.Node("Shape", [2], [pixels], ("start", 2));
        var shorter = graph.Node("ReduceMin", [1], [sides], ("keepdims", 1));
        return graph.Combine("Div", graph.Multiply(sides, graph.Vector(size)), shorter);
    }

    /// <summary>The middle; where that begins between two pixels, at the even one, as torchvision rounds.</summary>
    private OnnxValue Crop(OnnxGraph graph, OnnxValue pixels)
    {
        long size = _preprocessing.CropSize;
        var sides = graph.Node("Shape", [2], [pixels], ("start", 2));
        var rest = graph.Combine("Sub", sides, graph.Vector(size));
        var middle = graph.Map("Round", graph.Multiply(Cast(graph, rest, torch.ScalarType.Float32), graph.Scalar(0.5)));
        var start = Cast(graph, middle, torch.ScalarType.Int64);
        return graph.Node("Slice", [OnnxValue.Batch, .. _image.Sizes],
            [pixels, start, graph.Add(start, graph.Vector(size)), graph.Vector(2, 3)]);
    }

    private OnnxValue Normalize(OnnxGraph graph, OnnxValue pixels)
    {
        var unit = graph.Combine("Div", Cast(graph, pixels, torch.ScalarType.Float32), graph.Scalar(255));
        var centered = graph.Combine("Sub", unit, PerChannel(_preprocessing.Mean));
        return graph.Combine("Div", centered, PerChannel(_preprocessing.Std));

        OnnxValue PerChannel(ChannelValues values) =>
            graph.Constant(torch.tensor([values.Red, values.Green, values.Blue], [3, 1, 1]));
    }

    private static OnnxValue Cast(OnnxGraph graph, OnnxValue value, torch.ScalarType type) =>
        graph.Map("Cast", value, ("to", ElementTypes.OnnxNumber(type)));
}
