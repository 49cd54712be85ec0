namespace TransferKit;

/// <summary>
/// The fields of ONNX's protobuf messages that are read and written here, by their numbers (onnx.proto3 of ONNX 1.x).
/// </summary>
internal static class OnnxFields
{
    public static class Model
    {
        public const int IrVersion = 1, ProducerName = 2, ProducerVersion = 3, Graph = 7, OpsetImport = 8, MetadataProps = 14;
    }

    public static class OperatorSet
    {
        public const int Version = 2;
    }

    public static class Graph
    {
        public const int Node = 1, Name = 2, Initializer = 5, Input = 11, Output = 12;
    }

    public static class Node
    {
        public const int Input = 1, Output = 2, Name = 3, OpType = 4, Attribute = 5;
    }

    public static class Attribute
    {
        public const int Name = 1, Float = 2, Int = 3, Text = 4, Tensor = 5, Ints = 8, Type = 20;

        /// <summary>What <see cref="Type"/> says: which of the other fields holds the value.</summary>
        public const int IsFloat = 1, IsInt = 2, IsText = 3, IsTensor = 4, IsInts = 7;
    }

    public static class Tensor
    {
        public const int Dimensions = 1, DataType = 2, FloatData = 4, Name = 8, RawData = 9, DoubleData = 10;

        /// <summary>Where the values lie in another file, and the 1 that says so.</summary>
        public const int ExternalData = 13, DataLocation = 14, IsExternal = 1;
    }

    public static class Entry
    {
        public const int Key = 1, Value = 2;
    }

    /// <summary>A name and a type: TypeProto → TypeProto.Tensor → TensorShapeProto → Dimension.</summary>
    public static class ValueInfo
    {
        public const int Name = 1, Type = 2, TypeTensor = 1, ElementType = 1, Shape = 2, Dimension = 1, Size = 1, Symbol = 2;
    }

    /// <summary>Keys of a tensor's <see cref="Tensor.ExternalData"/>.</summary>
    public const string Location = "location", Offset = "offset", Length = "length";
}
