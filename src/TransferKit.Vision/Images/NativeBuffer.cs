using System.Runtime.InteropServices;

namespace TransferKit.Vision;

/// <summary>
/// Memory outside the managed heap that only grows, so that one buffer serves picture after picture. 64-byte aligned;
/// <see cref="Slack"/> bytes past the reserved length may be read and written, so kernels can work in whole vectors. It has no
/// finalizer: kernels hold nothing but its address.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    public const int Slack = 64;

    private nuint _capacity;

    public byte* Data { get; private set; }

    /// <summary>Bytes of memory that it holds.</summary>
    public long HeldBytes => Data == null ? 0 : (long)_capacity + Slack;

    /// <summary>Makes room for so many bytes. The contents are undefined afterwards.</summary>
    public byte* Reserve(nuint length)
    {
        if (length > _capacity || Data == null)
        {
            Dispose();
            Data = (byte*)NativeMemory.AlignedAlloc(length + Slack, 64);
            _capacity = length;
        }

        return Data;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Data);
        Data = null;
        _capacity = 0;
    }
}
