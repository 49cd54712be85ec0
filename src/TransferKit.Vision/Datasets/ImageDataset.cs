using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace TransferKit.Vision;

/// <summary>Pictures with their targets, decoded and transformed as they are read. Immutable.</summary>
public partial class ImageDataset : Dataset
{
    private readonly string[] _classNames;
    private readonly ImageSource[] _sources;
    private readonly SkippedImages _skipped;

    /// <param name="classNames">The classes.</param>
    /// <param name="sources">The pictures.</param>
    /// <param name="targets">Their targets.</param>
    /// <param name="options">How pictures are decoded and prepared.</param>
    /// <param name="cache">Where decoded pictures are kept, shared with other datasets; null: as the options say.</param>
    /// <param name="ignored">Files that lie among the pictures and are none.</param>
    /// <exception cref="DatasetException">The cache's file can't be made.</exception>
    /// <exception cref="ArgumentException">The options are wrong.</exception>
    internal ImageDataset(
        string[] classNames, ImageSource[] sources, Targets targets, ImageOptions options, PixelCache? cache = null,
        IReadOnlyList<string>? ignored = null)
        : this(
            classNames, sources, targets, options.Checked(),
            cache: cache ?? (options.Cache is null ? null : new PixelCache(options.Cache)),
            skipped: new SkippedImages(options.Logger),
            ignored: ignored ?? [])
    {
    }

    private ImageDataset(
        string[] classNames, ImageSource[] sources, Targets targets, ImageOptions options,
        PixelCache? cache, SkippedImages skipped, IReadOnlyList<string> ignored)
    {
        _classNames = classNames;
        _sources = sources;
        (ClassNames, Sources) = (Array.AsReadOnly(classNames), Array.AsReadOnly(sources));
        Targets = targets;
        _skipped = skipped;
        Options = options;
        Cache = cache;
        Ignored = ignored;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override Targets Targets { get; }

    /// <summary>Where the picture of every sample comes from; its <see cref="ImageSource.Name"/> is the file's path.</summary>
    public IReadOnlyList<ImageSource> Sources { get; }

    /// <summary>How pictures are decoded and prepared.</summary>
    public ImageOptions Options { get; }

    /// <summary>
    /// With <see cref="UnreadableImages.Skip"/>, why pictures were left out, one entry for each, sorted by name: of this dataset
    /// and of all that share its origin through <see cref="Subset"/>, since it was opened.
    /// </summary>
    public IReadOnlyList<ImageException> Skipped => _skipped.All;

    /// <summary>
    /// The files in the class folders of an <see cref="ImageFolder"/> that are no pictures that can be read, as far as their
    /// extensions tell: paths, of the whole folder also after <see cref="Subset"/>. <see cref="ImageOptions.Logger"/> is told of
    /// them.
    /// </summary>
    public IReadOnlyList<string> Ignored { get; }

    internal override string DescribeAugmentation(Preprocessing preprocessing) =>
        string.Join(", ", Options.TrainTransforms(preprocessing).Where(step => step is not Normalize)) is { Length: > 0 } steps
            ? steps.Replace(" { ", "(").Replace(" }", ")").Replace(" = ", " ")
            : "no";

    internal override JsonElement? Augmentation(Preprocessing preprocessing) =>
        PreparationDescription.Of(Options, preprocessing, augment: true).ToJson();

    internal override Func<Preprocessing, JsonElement?> DescribePreparation => PreparationDescription.UnlessDefault(Options);

    internal override string NameOf(int index) => _sources[index].Name;

    /// <inheritdoc/>
    internal override int[] Arrange(int[] order, int seed, int epoch) => ShuffleWindows.Arrange(_sources, order, seed, epoch);

    /// <inheritdoc/>
    internal override JsonElement Fingerprint(Preprocessing preprocessing, bool augment)
    {
        // The names of all, and what evenly spread ones hold: reading every file would take as long as an epoch.
        var looked = Math.Min(64, Count);
        var checksum = 0u;
        foreach (var source in _sources)
            checksum = Crc32.Append(checksum, MemoryMarshal.AsBytes<char>(Path.GetFileName(source.Name)));
        // Where reading one means reading many, the sizes of the files and of their parts have to do. The order of an epoch
        // depends on the memory too.
        var blocks = ShuffleWindows.Blocks(_sources);
        foreach (var block in blocks)
            checksum = Crc32.Append(checksum, MemoryMarshal.AsBytes<char>($"{block.Identity} {block.Memory.Limit}"));
        if (blocks.Count > 0)
            looked = 0;
        using var buffer = new NativeBuffer();
        for (var i = 0; i < looked; i++)
        {
            try
            {
                checksum = Crc32.Append(checksum, _sources[(long)i * Count / looked].Read(buffer));
            }
            catch (ImageException)
            {
                // Reading it for training says so.
            }
        }

        var found = new PicturesFingerprint($"{checksum:x8}", PreparationDescription.Of(Options, preprocessing, augment));
        return JsonSerializer.SerializeToElement(found, PreparationJson.Default.PicturesFingerprint);
    }

    /// <summary>Decoded pictures; shared with subsets and with the other parts of a split folder.</summary>
    internal PixelCache? Cache { get; }

    /// <summary>The same samples with other options. Cached pictures are not taken over.</summary>
    /// <param name="options">How pictures are decoded and prepared.</param>
    /// <exception cref="DatasetException">The cache's file can't be made.</exception>
    public ImageDataset With(ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ImageDataset(_classNames, _sources, Targets, options, ignored: Ignored);
    }

    /// <summary>
    /// Reads every picture, on all cores, and reports what may cost time later: unreadable files, extensions that do not match
    /// the content, duplicates and near-duplicates, small classes.
    /// </summary>
    /// <param name="other">Another part of the same data, such as the validation set, to look for pictures in both.</param>
    /// <param name="progress">Is told the share that is done, from 0 to 1, now and then.</param>
    /// <param name="distributed">
    /// Processes that read a share of the pictures each, and all get the whole report; null: this one alone.
    /// </param>
    /// <param name="cancellationToken">Ends the inspection with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="DistributedException">Another process failed, does something else, or has other files.</exception>
    public InspectionReport Inspect(ImageDataset? other = null, IProgress<double>? progress = null,
        ProcessGroup? distributed = null, CancellationToken cancellationToken = default)
    {
        var group = distributed ?? ProcessGroup.Alone;
        return group.Together(() => new ImageInspection(this, other, group).Run(progress, cancellationToken));
    }

    /// <summary>
    /// Writes a sheet of samples as training sees them, each with its target below, to look at before training. Samples are drawn
    /// evenly over the dataset.
    /// </summary>
    /// <param name="count">How many samples, at least 1.</param>
    /// <param name="path">The PNG file to write; a folder that isn't there is made.</param>
    /// <param name="preprocessing">
    /// What the network expects of its input; by default <see cref="Preprocessing.ImageNet"/>.
    /// </param>
    /// <param name="augment">Whether as training sees them (the default) or as evaluation does.</param>
    /// <param name="seed">Where augmentation draws from.</param>
    /// <exception cref="ImageException">A picture can't be read.</exception>
    public void Preview(int count, string path, Preprocessing? preprocessing = null, bool augment = true, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var transforms = Options.TransformsFor(preprocessing ?? Preprocessing.ImageNet, augment);
        using var sheet = new PictureSheet(count, transforms.FixedSize);
        using var reader = new SampleReader(Options, preprocessing?.Channels ?? 3, Cache);
        for (var place = 0; place < count; place++)
        {
            var index = (int)((long)place * Count / count);
            var canvas = reader.Transform(_sources[index], transforms, new SeededRandom(seed, place, index));
            sheet.Add(canvas.PixelsToShow(), Describe(index));
        }

        sheet.Save(path);
    }

    /// <summary>
    /// Reads samples as batches of float32 <c>[N, 3, H, W]</c>, or <c>[N, 1, H, W]</c> without their color where
    /// <see cref="Preprocessing.Channels"/> is 1 (PIL's <c>convert("L")</c>), channels last in memory, decoded and transformed by
    /// several threads ahead of the caller, with <see cref="ImageOptions.TrainTransforms"/> where
    /// <see cref="ReadOptions.Augment"/> is set, else with <see cref="ImageOptions.EvaluateTransforms"/>.
    /// <see cref="ReadOptions.TestTimeAugmentation"/> changes the latter: crops take the place of their <see cref="CenterCrop"/>,
    /// and a random view is what training would see in the epoch of the view's number. The batches do not depend on the number of
    /// threads.
    /// </summary>
    /// <exception cref="ImageException">A picture can't be read; thrown where its batch would have come.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size, an index or the view is out of range.</exception>
    /// <exception cref="ArgumentException">The network takes images of neither three channels nor one.</exception>
    /// <exception cref="InvalidOperationException">
    /// The transforms give no fixed size, or have no <see cref="CenterCrop"/> to take crops in place of.
    /// </exception>
    /// <inheritdoc cref="Dataset.Read"/>
    public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Workers);
        foreach (var index in options.Order ?? [])
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(options), index, $"The order names samples outside [0, {Count}).");
        }

        options.CheckView();
        if (options.Preprocessing.Channels is var channels and not (1 or 3))
            throw new ArgumentException(
                $"The network takes images of {channels} channels, and pictures have 3, or 1 if gray: give "
                + $"{nameof(TransferPlan.WithInputChannels)} one of these, or read images of {channels} channels with a "
                + $"{nameof(Dataset)} of your own.",
                nameof(options));
        var transforms = options.TestTimeAugmentation is { } augmentation
            ? Options.ViewTransforms(options.Preprocessing, augmentation, options.View, options.Augment)
            : Options.TransformsFor(options.Preprocessing, options.Augment);
        if (options.TestTimeAugmentation is { Kind: ViewKind.Random })
            options = options with { Epoch = options.View };
        options = options with { OnSkipped = options.OnSkipped + NoteSkipped };
        return new BatchLoader(new ImageSamples(Sources, Targets, Options, Cache), transforms, options).Read(cancellationToken);
    }

    private void NoteSkipped(int index, Exception reason) => _skipped.Add(_sources[index], (ImageException)reason);

    /// <summary>The target of a sample in words.</summary>
    internal string Describe(int index) => string.Join(", ", Targets.Definition.HasClasses
        ? Targets.ClassesOf(index).Select(label => _classNames[label])
        : Targets.Rows[index].Select(value => value.ToString("G5", CultureInfo.InvariantCulture)));

    /// <summary>The same pictures, cache and options with other targets.</summary>
    internal ImageDataset With(string[] classNames, Targets targets) =>
        new(classNames, _sources, targets, Options, Cache, _skipped, Ignored);
}
