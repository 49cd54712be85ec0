using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace TransferKit;

/// <summary>A protobuf message, built field by field. Each method returns the message itself.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The streams hold managed memory alone.")]
internal sealed class OnnxMessage
{
    private const int BufferSize = 128;

    private readonly MemoryStream _bytes = new();
    private readonly CodedOutputStream _output;

    public OnnxMessage() => _output = new CodedOutputStream(_bytes, BufferSize, leaveOpen: true);

    /// <summary>How long the message is so far, in bytes.</summary>
    public long Length => _output.Position;

    public OnnxMessage Add(int field, long value)
    {
        _output.WriteTag(field, WireFormat.WireType.Varint);
        _output.WriteInt64(value);
        return this;
    }

    public OnnxMessage Add(int field, float value)
    {
        _output.WriteTag(field, WireFormat.WireType.Fixed32);
        _output.WriteFloat(value);
        return this;
    }

    public OnnxMessage Add(int field, string text)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteString(text);
        return this;
    }

    public OnnxMessage Add(int field, OnnxMessage message) => Add(field, message.ToArray());

    public OnnxMessage Add(int field, byte[] bytes)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteBytes(UnsafeByteOperations.UnsafeWrap(bytes));
        return this;
    }

    /// <summary>Repeated numbers, packed into one field.</summary>
    public OnnxMessage Add(int field, IReadOnlyList<long> values)
    {
        Announce(field, values.Sum(value => (long)CodedOutputStream.ComputeInt64Size(value)));
        foreach (var value in values)
            _output.WriteInt64(value);
        return this;
    }

    /// <summary>Begins a field of so many bytes, which the caller writes behind this message.</summary>
    public OnnxMessage Announce(int field, long length)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteLength(checked((int)length));
        return this;
    }

    public byte[] ToArray()
    {
        _output.Flush();
        return _bytes.ToArray();
    }
}
