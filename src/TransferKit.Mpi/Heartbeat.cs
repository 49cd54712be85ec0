using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// Says to the next rank, again and again, that this one is alive, and listens whether the one before is. What a launcher doesn't
/// see is seen so: a process that hangs or is stopped, a host that is no longer reached.
/// </summary>
internal sealed unsafe class Heartbeat
{
    private const int Tag = 7;

    private static readonly long Pause = (long)TimeSpan.FromSeconds(1).TotalMilliseconds;

    private readonly MpiLibrary _mpi;
    private readonly int _next, _before;
    private readonly long _patience;

    // What MPI reads and writes: a byte, and the handles of what is underway.
    private readonly nint* _memory = (nint*)NativeMemory.AllocZeroed(4, (nuint)sizeof(nint));
    private bool _isSending;
    private long _sent, _heard = Environment.TickCount64;

    public Heartbeat(MpiLibrary mpi, int rank, int size, TimeSpan patience)
    {
        (_mpi, _next, _before) = (mpi, (rank + 1) % size, (rank + size - 1) % size);
        _patience = (long)patience.TotalMilliseconds;
        Listen();
    }

    /// <summary>Speaks and listens, if it is time.</summary>
    /// <returns>The rank that has been silent for too long; null: none.</returns>
    public int? Beat()
    {
        var now = Environment.TickCount64;
        if (now - _sent < Pause)
            return null;
        _sent = now;
        if (!_isSending || IsDone(&_memory[1]))
        {
            MpiLibrary.Check(_mpi.StartSend(&_memory[0], 1, _mpi.Byte, _next, Tag, _mpi.World, &_memory[1]));
            _isSending = true;
        }
        while (IsDone(&_memory[2]))
        {
            _heard = now;
            Listen();
        }
        return now - _heard > _patience ? _before : null;
    }

    /// <summary>Ends it, when all ranks have.</summary>
    public void Stop()
    {
        _mpi.Cancel(&_memory[2]);
        _mpi.Free(&_memory[2]);
        NativeMemory.Free(_memory);
    }

    private void Listen() =>
        MpiLibrary.Check(_mpi.StartReceive(&_memory[3], 1, _mpi.Byte, _before, Tag, _mpi.World, &_memory[2]));

    private bool IsDone(nint* request)
    {
        int done;
        MpiLibrary.Check(_mpi.Test(request, &done, _mpi.IgnoreStatus));
        return done != 0;
    }
}
