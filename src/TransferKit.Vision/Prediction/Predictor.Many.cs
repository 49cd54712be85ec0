using System.Runtime.CompilerServices;

namespace TransferKit.Vision;

public sealed partial class Predictor
{
    /// <summary>
    /// Says what many picture files show, in batches, decoding the next ones on all cores meanwhile. Lazy: files are asked for a
    /// few batches ahead as results are taken, so that there may be any number of them, even without end.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <returns>One result a file, in their order. A file that can't be read is a result that says why.</returns>
    /// <exception cref="PredictionException">The model's outputs are no finite numbers: it is broken, not a picture.</exception>
    public IEnumerable<PredictionResult> PredictMany(IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Run(files.Select(ImageSource.FromFile));
    }

    /// <summary>As <see cref="PredictMany(IEnumerable{string})"/>, for pictures from anywhere.</summary>
    /// <param name="images">The pictures.</param>
    public IEnumerable<PredictionResult> PredictMany(IEnumerable<ImageSource> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Run(images);
    }

    /// <summary>
    /// As <see cref="PredictMany(IEnumerable{string})"/>, computing on other threads while the caller's does something else.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <returns>The results; <c>WithCancellation(token)</c> lets a token end them.</returns>
    public IAsyncEnumerable<PredictionResult> PredictManyAsync(IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return RunAsync(files.Select(ImageSource.FromFile).ToAsyncEnumerable(), CancellationToken.None);
    }

    /// <summary>
    /// As <see cref="PredictManyAsync(IEnumerable{string})"/>, for pictures that come in from anywhere and in
    /// their own time, such as those of a channel. Results come when a batch of pictures is full, or the pictures are at their
    /// end.
    /// </summary>
    /// <param name="images">The pictures.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public IAsyncEnumerable<PredictionResult> PredictManyAsync(
        IAsyncEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return RunAsync(images, cancellationToken);
    }

    /// <summary>Pictures that are computed with at a time; their views take as much room as pictures do.</summary>
    private int BatchSize => Math.Max(1, _options.BatchSize / _reader.Views);

    private IEnumerable<PredictionResult> Run(IEnumerable<ImageSource> images) =>
        Run(images.Chunk(BatchSize)).SelectMany(results => results);

    /// <summary>Says what the pictures of batches show, reading a few batches ahead.</summary>
    private IEnumerable<PredictionResult[]> Run(IEnumerable<ImageSource[]> batches)
    {
        var ahead = new Queue<Task<PictureBatch>>();
        try
        {
            foreach (var chunk in batches)
            {
                ahead.Enqueue(Task.Run(() => _reader.Read(chunk)));
                if (ahead.Count > BatchesAhead)
                    yield return ToResults(ahead.Dequeue().GetAwaiter().GetResult());
            }
            while (ahead.TryDequeue(out var last))
                yield return ToResults(last.GetAwaiter().GetResult());
        }
        finally
        {
            DisposeWhenRead(ahead);
        }
    }

    private async IAsyncEnumerable<PredictionResult> RunAsync(
        IAsyncEnumerable<ImageSource> images, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ahead = new Queue<Task<PictureBatch>>();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var chunks = images.Chunk(BatchSize).GetAsyncEnumerator(leaving.Token);
        Task<bool>? asked = null;
        Task<PredictionResult[]>? answers = null;
        try
        {
            var isOver = false;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!isOver && ahead.Count + (answers is null ? 0 : 1) <= BatchesAhead)
                    asked ??= chunks.MoveNextAsync().AsTask();
                if (answers is null && ahead.Count > 0 && asked is not { IsCompleted: true })
                    answers = ToResultsAsync(ahead.Dequeue());
                // Whoever gives the pictures may wait for these answers first: what comes earlier goes on earlier.
                if (asked is not null && (answers is null || await Task.WhenAny(asked, answers).ConfigureAwait(false) == asked))
                {
                    isOver = !await asked.WaitAsync(cancellationToken).ConfigureAwait(false);
                    asked = null;
                    if (!isOver)
                    {
                        var chunk = chunks.Current;
                        ahead.Enqueue(Task.Run(() => _reader.Read(chunk), CancellationToken.None));
                    }
                    continue;
                }
                if (answers is null)
                    yield break;
                foreach (var result in await answers.ConfigureAwait(false))
                    yield return result;
                answers = null;
            }
        }
        finally
        {
            DisposeWhenRead(ahead);
            if (asked is { IsCompleted: false })
            {
                // A source that takes no notice of the token ends when it likes: waiting for it could take for ever.
                await leaving.CancelAsync().ConfigureAwait(false);
                _ = CloseAsync(chunks, asked);
            }
            else
            {
                await CloseAsync(chunks, asked).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Frees a source of pictures; one that is still asked for more mustn't be freed before it has answered.</summary>
    private static async Task CloseAsync(IAsyncEnumerator<ImageSource[]> chunks, Task? asked)
    {
        if (asked is not null)
            await asked.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await chunks.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Frees batches whose results aren't awaited any more, when they are read.</summary>
    private static void DisposeWhenRead(IEnumerable<Task<PictureBatch>> batches)
    {
        foreach (var batch in batches)
            batch.ContinueWith(read => read.Result.Dispose(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
    }
}
