using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// Sums by NCCL, on a stream beside libtorch's. Events bring the two into order: a sum begins when the GPU has computed what is
/// to be summed, and goes on while it computes the rest of the backward pass.
/// </summary>
internal sealed unsafe class NcclSums : DeviceSums
{
    private readonly ProcessGroup _group;
    private readonly NcclLibrary _nccl;
    private readonly int _device;
    private readonly nint _stream, _ready, _done;
    private readonly Lock _ending = new();
    private nint _communicator;

    /// <param name="group">All ranks, which do the same at the same time, each with a GPU of its own.</param>
    /// <param name="nccl">NCCL, of the same version on all ranks.</param>
    /// <param name="device">The number of this rank's GPU.</param>
    /// <exception cref="DistributedException">NCCL or CUDA has failed; all ranks end.</exception>
    public NcclSums(ProcessGroup group, NcclLibrary nccl, int device)
    {
        (_group, _nccl, _device) = (group, nccl, device);
        NcclUniqueId id;
        var bytes = new Span<byte>(id.Bytes, NcclUniqueId.Length);
        if (group.Rank == 0)
            Check(nccl.GetUniqueId(&id));
        group.Broadcast(bytes.ToArray()).CopyTo(bytes);
        using var scope = new DeviceScope(this);
        nint communicator, stream, ready, done;
        Check(nccl.InitRank(&communicator, group.Size, id, group.Rank));
        CheckCuda(nccl.CreateStream(&stream, NcclLibrary.NonBlocking));
        CheckCuda(nccl.CreateEvent(&ready, NcclLibrary.DisableTiming));
        CheckCuda(nccl.CreateEvent(&done, NcclLibrary.DisableTiming));
        (_communicator, _stream, _ready, _done) = (communicator, stream, ready, done);
    }

    /// <summary><c>NCCL 2.27.5</c></summary>
    public override string ToString() => $"NCCL {_nccl.Version}";

    public override void Follow()
    {
        using var scope = new DeviceScope(this);
        CheckCuda(_nccl.RecordEvent(_ready, CurrentStream()));
    }

    public override void AllReduce(torch.Tensor values)
    {
        using var scope = new DeviceScope(this);
        nint data;
        CheckCuda(_nccl.GetData(values.Handle, &data));
        CheckCuda(_nccl.WaitForEvent(_stream, _ready, 0));
        Check(_nccl.AllReduce(data, data, (nuint)values.numel(), NcclLibrary.Float32, NcclLibrary.Sum, _communicator, _stream));
        CheckCuda(_nccl.RecordEvent(_done, _stream));
    }

    public override void Join()
    {
        using var scope = new DeviceScope(this);
        CheckCuda(_nccl.WaitForEvent(CurrentStream(), _done, 0));
    }

    /// <summary>What has gone wrong between the GPUs since a sum was begun, in one line; null: nothing.</summary>
    public string? FindFailure()
    {
        lock (_ending)
        {
            if (_communicator == 0)
                return null;
            int error;
            var code = _nccl.GetAsyncError(_communicator, &error);
            if (code == NcclLibrary.Success)
                code = error;
            return code is NcclLibrary.Success or NcclLibrary.InProgress ? null : Describe(code);
        }
    }

    /// <summary>Ends sums that other ranks may never make, so that nothing waits for them.</summary>
    public void Abort() => End(_nccl.Abort);

    /// <summary>Ends it when all sums are done; all ranks do so.</summary>
    public void Close() => End(_nccl.Destroy);

    private void End(delegate* unmanaged<nint, int> how)
    {
        lock (_ending)
            if (Interlocked.Exchange(ref _communicator, 0) is var communicator and not 0)
                _ = how(communicator);
    }

    private nint CurrentStream()
    {
        nint stream;
        CheckCuda(_nccl.GetCurrentStream(_device, &stream));
        return stream;
    }

    private void Check(int code)
    {
        if (code != NcclLibrary.Success)
            Fail(Describe(code));
    }

    private void CheckCuda(int code)
    {
        if (code != 0)
            Fail(Describe("CUDA", _nccl.GetCudaErrorString(code)));
    }

    private string Describe(int code) => Describe("NCCL", _nccl.GetErrorString(code))
        + $" NCCL_DEBUG=WARN lets NCCL say more; with {NcclLibrary.PathVariable}=none sums go through the host's memory.";

    private string Describe(string library, byte* text) =>
        $"{_group.NameOf(_group.Rank)} can't sum with the other GPUs: {library} says "
        + $"'{Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text))}'.";

    private void Fail(string message)
    {
        _group.EndAll(message);
        throw new DistributedException(_group.Rank, message);
    }

    /// <summary>
    /// The time in which the GPU is the calling thread's device: by libtorch, which then doesn't wake up the GPU from before if
    /// this process has nothing on it.
    /// </summary>
    private readonly ref struct DeviceScope
    {
        private readonly NcclLibrary _nccl;
        private readonly nint _guard;

        public DeviceScope(NcclSums sums)
        {
            _nccl = sums._nccl;
            nint guard;
            sums.CheckCuda(_nccl.CreateGuard(sums._device, &guard));
            _guard = guard;
        }

        public void Dispose() => _ = _nccl.DeleteGuard(_guard);
    }
}
