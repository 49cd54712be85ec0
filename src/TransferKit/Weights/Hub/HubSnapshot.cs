namespace TransferKit;

/// <summary>
/// The files of a repository, all at one commit: those that aren't in the hub's cache are downloaded into it. Several threads and
/// processes may do that at once, each with its own object; what several want is downloaded once.
/// </summary>
internal sealed class HubSnapshot(
    HubRepository repository, HubSettings settings, DownloadPolicy policy, IProgress<DownloadProgress>? progress = null)
{
    /// <summary>
    /// The names under which the hub's libraries keep weights, the best first; an index names the files beside it.
    /// </summary>
    private static readonly string[] WeightsFiles =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    private readonly HubCache _cache = new(settings.CacheFolder, repository, settings.MakesLinks);
    private readonly HubClient _client = new(settings, policy, repository);
    private string? _commit = repository.IsCommit ? repository.Revision : null;

    /// <summary>Whether the hub has told which files there are.</summary>
    private bool _hasAnswered;

    /// <summary>Why the hub isn't asked, so that what is there has to do; null: it is asked.</summary>
    private WeightsException? _unreachable;

    /// <summary>Whether a file's name says nothing of what is in it, as all repositories have one of that name.</summary>
    public static bool IsUsualName(string file) => WeightsFiles.Contains(file);

    /// <summary>Whether weights of the commit that was last meant are in the cache.</summary>
    public bool HasWeights => _cache.Commit is { } commit && WeightsFiles.Any(file => _cache.Has(commit, file));

    /// <summary>What the repository says of its model.</summary>
    /// <exception cref="WeightsException">It can't be had, or read.</exception>
    public async Task<HubConfig> GetConfigAsync(CancellationToken cancellationToken)
    {
        var config = await GetAsync(HubConfig.ModelFile, cancellationToken).ConfigureAwait(false);
        var preprocessor = await GetAsync(HubConfig.PreprocessorFile, cancellationToken).ConfigureAwait(false);
        var found = HubConfig.Read(config, preprocessor);
        if (found.Transformers is null || preprocessor is not null)
            return found;
        return HubConfig.Read(config, await GetAsync(HubConfig.ProcessorFile, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// The path of the weights, or of the index of sharded ones, all of which are there then, and the config too.
    /// </summary>
    /// <exception cref="WeightsException">There are none, or they can't be had; one line says why and what to do.</exception>
    public async Task<string> GetWeightsAsync(CancellationToken cancellationToken)
    {
        await GetConfigAsync(cancellationToken).ConfigureAwait(false);
        foreach (var file in WeightsFiles)
        {
            if (await GetAsync(file, cancellationToken).ConfigureAwait(false) is not { } path)
                continue;
            if (file.EndsWith(".json", StringComparison.Ordinal))
                foreach (var shard in ShardIndex.FilesOf(path))
                    if (await GetAsync(shard, cancellationToken).ConfigureAwait(false) is null)
                        throw _unreachable
                            ?? new WeightsException(path, $"names {shard}, which the repository {repository} doesn't have.");
            return path;
        }

        if (_unreachable is not null)
            throw _unreachable;
        var files = await _client.ListAsync(_commit!, cancellationToken).ConfigureAwait(false);
        throw new WeightsException($"{repository}", $"the repository has no {string.Join(", ", WeightsFiles)}"
            + (files.Count == 0 ? "." : $"; it has {string.Join(", ", files.Take(20))}{(files.Count > 20 ? ", …" : "")}.")
            + " Weights under other names are read by Pretrained.FromFile.");
    }

    /// <summary>
    /// The path of a file, downloaded first if it isn't there yet; null where the repository has none of that name.
    /// </summary>
    /// <exception cref="WeightsException">It can't be had.</exception>
    public async Task<string?> GetAsync(string file, CancellationToken cancellationToken)
    {
        if (!HubRepository.IsPath(file))
            throw new WeightsException($"{repository}", $"'{file}' can't be the name of a file in a repository.");
        try
        {
            if (IsKnown(_commit, file, out var path))
                return path;
            if (settings.IsOffline)
                _unreachable ??= Offline();
            if (_unreachable is not null)
                return FromCache(file);

            HubFile found;
            try
            {
                var attempts = IsUsable(_cache.Commit) ? 1 : policy.Attempts;
                found = await _client.AskAsync(_commit ?? repository.Revision, file, attempts, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (WeightsException error) when (IsUsable(_cache.Commit))
            {
                // As in Python: what was there yesterday is better than nothing where the hub can't be reached.
                _unreachable = error;
                return FromCache(file);
            }

            _hasAnswered = true;
            _commit = found.Commit;
            return await GetAsync(found, file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException(settings.CacheFolder, $"can't be read or written: {error.Message.TrimEnd('.')}. Set "
                + "HF_HOME or HF_HUB_CACHE to a folder that can.", error);
        }
    }

    private async Task<string?> GetAsync(HubFile found, string file, CancellationToken cancellationToken)
    {
        if (!repository.IsCommit)
            Keep(() => _cache.SetCommit(found.Commit));
        if (IsKnown(found.Commit, file, out var path))
            return path;
        if (found.Version is not { } version)
        {
            Keep(() => _cache.SetMissing(found.Commit, file));
            return null;
        }

        path = _cache.PathOf(found.Commit, file);
        using var mine = await FileLock.TakeAsync(_cache.LockPath(version), policy.Polling, cancellationToken)
            .ConfigureAwait(false);
        if (_cache.Has(found.Commit, file))
            return path;
        var blob = _cache.BlobPath(version);
        var isNew = !File.Exists(blob);
        if (isNew)
            await new WeightsDownload(policy, found.Url, blob, Checksum.OfHub(version), progress)
            {
                PartialPath = $"{blob}.incomplete",
                FileName = file,
                Authorization = _client.Authorization,
                Advice = _client.FillElsewhere,
            }.RunAsync(cancellationToken).ConfigureAwait(false);
        _cache.Link(version, found.Commit, file, isNew);
        return path;
    }

    /// <summary>Whether the cache tells without the hub where a file is (the path), or that there is none (null).</summary>
    private bool IsKnown(string? commit, string file, out string? path)
    {
        path = commit is not null && _cache.Has(commit, file) ? _cache.PathOf(commit, file) : null;
        return path is not null || (commit is not null && _cache.IsMissing(commit, file));
    }

    /// <summary>Keeps what the hub has said, where the cache isn't one that others fill.</summary>
    private static void Keep(Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It spares a question next time, no more.
        }
    }

    /// <summary>Whether a commit that is in the cache may be all that is wanted.</summary>
    private bool IsUsable(string? commit) => !_hasAnswered && commit is not null && _cache.HasSome(commit);

    /// <summary>A file as far as the cache knows: Python notes only in part what a repository doesn't have.</summary>
    private string? FromCache(string file)
    {
        _commit = IsUsable(_cache.Commit) ? _cache.Commit : throw _unreachable!;
        return _cache.Has(_commit!, file) ? _cache.PathOf(_commit!, file) : null;
    }

    private WeightsException Offline() => new($"{repository}", $"not all that is needed is in {settings.CacheFolder}, and "
        + $"HF_HUB_OFFLINE forbids asking the hub. {_client.FillElsewhere}");
}
