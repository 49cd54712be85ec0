namespace TransferKit;

/// <summary>
/// Runs work where large blocks of memory are kept when they are freed, on a thread of its own if need be: only glibc's main
/// arena does that (see <see cref="NativeHeap"/>), and it is the main thread's, while programs with a window or a server train on
/// others.
/// </summary>
/// <remarks>
/// glibc assigns a thread its arena when the thread first allocates: one that nobody uses, else the next in turn. Threads are
/// therefore started, and held, until one has got the main arena.
/// </remarks>
internal static class LargeBlockThread
{
    // More than there are arenas, which NativeHeap limits to those that it finds.
    private const int MostThreads = 256;

    /// <summary>Does the work, and waits for it; what it throws is thrown.</summary>
    public static T Run<T>(Func<T> work)
    {
        if (NativeHeap.KeepsLargeBlocks)
            return work();
        using var release = new ManualResetEventSlim();
        var others = new List<Thread>();
        try
        {
            while (others.Count < MostThreads)
            {
                var isRight = new TaskCompletionSource<bool>();
                var outcome = new TaskCompletionSource<T>();
                var thread = new Thread(() => Try(work, isRight, outcome, release))
                {
                    IsBackground = true,
                    Name = nameof(TransferKit),
                };
                thread.Start();
                if (isRight.Task.GetAwaiter().GetResult())
                {
                    release.Set();
                    return outcome.Task.GetAwaiter().GetResult();
                }
                others.Add(thread);
            }
        }
        finally
        {
            release.Set();
            foreach (var thread in others)
                thread.Join();
        }
        return work();
    }

    private static void Try<T>(
        Func<T> work, TaskCompletionSource<bool> isRight, TaskCompletionSource<T> outcome, ManualResetEventSlim release)
    {
        var isKeeping = NativeHeap.KeepsLargeBlocks;
        isRight.SetResult(isKeeping);
        if (!isKeeping)
        {
            release.Wait();
            return;
        }
        try
        {
            outcome.SetResult(work());
        }
        catch (Exception error)
        {
            outcome.SetException(error);
        }
    }
}
