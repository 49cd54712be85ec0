using System.Drawing;
using System.Security.Cryptography;
using System.Text;

namespace TransferKit.Vision;

/// <summary>
/// Reads every picture of one or two datasets on all cores, and where there are several processes each its share of them, and
/// reports what is odd about them.
/// </summary>
internal sealed class ImageInspection(ImageDataset data, ImageDataset? other, ProcessGroup group)
{
    private readonly ImageSource[] _sources = [.. data.Sources, .. other?.Sources ?? []];

    public InspectionReport Run(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var findings = Examine(progress, cancellationToken);
        var sizes = findings.Where(finding => finding.Error is null).Select(finding => finding.Size).DefaultIfEmpty().ToArray();

        var same = new SimilarImages(_sources.Length);
        var alike = new SimilarImages(_sources.Length);
        foreach (var group in Enumerable.Range(0, _sources.Length)
                     .Where(i => findings[i].ContentHash is not null)
                     .GroupBy(i => findings[i].ContentHash))
        {
            foreach (var i in group)
                same.Join(i, group.First());
        }

        alike.JoinNear([.. findings.Select(finding => finding.Hash)]);
        var duplicates = same.Groups().ToArray();
        // A group that is nothing but one group of duplicates says nothing new.
        var nearDuplicates = alike.Groups().Where(group => !duplicates.Any(group.SequenceEqual)).ToArray();

        return new InspectionReport
        {
            Images = _sources.Length,
            Classes = CountClasses(),
            Unreadable = [.. findings.Select(finding => finding.Error).OfType<ImageException>()],
            Ignored = [.. data.Ignored.Union(other?.Ignored ?? [])],
            WrongExtensions = [.. WrongExtensions(findings)],
            Duplicates = Name(duplicates),
            NearDuplicates = Name(nearDuplicates),
            Leaks = Name(alike.Groups().Where(group => group[0] < data.Count && group[^1] >= data.Count)),
            Smallest = sizes.MinBy(Pixels),
            Largest = sizes.MaxBy(Pixels),
        };
    }

    private Finding[] Examine(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var checksum = Crc32.OfLines(_sources.Select(source => Path.GetFileName(source.Name)));
        RankAgreement.Require(group, [RunFact.Of("Pictures", $"{_sources.Length}, {checksum:x8}")]);
        var findings = new Finding[_sources.Length];
        var own = OwnOf(group.Rank);
        var done = 0;
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken,
            MaxDegreeOfParallelism = Environment.ProcessorCount,
        };
        var memory = new DecodingMemory(data.Options.DecodingMemoryBytes);
        Parallel.For(0, own.Length, options, () => new Tools(data.Options, memory), (place, _, tools) =>
        {
            findings[own[place]] = tools.Examine(_sources[own[place]]);
            var count = Interlocked.Increment(ref done);
            if (count % 100 == 0 || count == own.Length)
                progress?.Report(count / (double)own.Length);
            return tools;
        }, tools => tools.Dispose());
        if (group.Size > 1)
            Share(findings, memory);
        return findings;
    }

    private int[] OwnOf(int rank) => [.. Enumerable.Range(0, _sources.Length).Where(place => place % group.Size == rank)];

    /// <summary>Adds what other processes have found.</summary>
    /// <exception cref="DistributedException">One can't read what another one can.</exception>
    private void Share(Finding[] findings, DecodingMemory memory)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
            foreach (var place in OwnOf(group.Rank))
                findings[place].Write(writer);
        List<UnreadSample> unread =
        [
            .. OwnOf(group.Rank).Where(place => findings[place].Error is not null).Select(place =>
                new UnreadSample(IsTraining: false, place, findings[place].Error!.Message, group.Rank)),
        ];
        foreach (var (rank, part) in group.Gather(bytes.ToArray()).Index().Where(part => part.Index != group.Rank))
        {
            using var reader = new BinaryReader(new MemoryStream(part));
            foreach (var place in OwnOf(rank))
                findings[place] = Finding.Read(reader);
        }
        using var tools = new Tools(data.Options, memory);
        UnreadSample.Agree(unread, group, found => _sources[found.Index].Name, found =>
        {
            // The reason that the others give is this process's too, if it finds one.
            findings[found.Index] = tools.Examine(_sources[found.Index]);
            return findings[found.Index].Error is null;
        });
    }

    private ClassCount[] CountClasses()
    {
        if (!data.Targets.Definition.HasClasses)
            return [];
        IEnumerable<string> labels = [.. Names(data), .. other is null ? [] : Names(other)];
        var counts = labels.CountBy(name => name).ToDictionary();
        return [.. data.ClassNames.Select(name => new ClassCount(name, counts.GetValueOrDefault(name)))];
    }

    private static IEnumerable<string> Names(ImageDataset samples) =>
        Enumerable.Range(0, samples.Count).SelectMany(samples.Targets.ClassesOf).Select(label => samples.ClassNames[label]);

    private IEnumerable<WrongExtension> WrongExtensions(Finding[] findings)
    {
        for (var i = 0; i < findings.Length; i++)
        {
            var expected = FileFormat.OfExtension(Path.GetExtension(_sources[i].Name));
            if (findings[i].Format != ImageFormat.Unknown && expected != ImageFormat.Unknown && findings[i].Format != expected)
                yield return new(_sources[i], findings[i].Format);
        }
    }

    private IReadOnlyList<ImageSource>[] Name(IEnumerable<int[]> groups) =>
        [.. groups.Select(group => group.Select(i => _sources[i]).ToArray())];

    private static long Pixels(Size size) => (long)size.Width * size.Height;

    /// <summary>What is known about one picture.</summary>
    private readonly record struct Finding(
        ImageException? Error, ImageFormat Format, Size Size, string? ContentHash, PerceptualHash? Hash)
    {
        /// <summary>One that another process wrote, but for the reason why the picture can't be read.</summary>
        public static Finding Read(BinaryReader reader)
        {
            if (!reader.ReadBoolean())
                return default;
            return new(Error: null, (ImageFormat)reader.ReadInt32(), new(reader.ReadInt32(), reader.ReadInt32()),
                reader.ReadString(),
                new(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64()));
        }

        public void Write(BinaryWriter writer)
        {
            writer.Write(Error is null);
            if (Hash is not { } hash)
                return;
            writer.Write((int)Format);
            writer.Write(Size.Width);
            writer.Write(Size.Height);
            writer.Write(ContentHash!);
            foreach (var bits in new[] { hash.A, hash.B, hash.C, hash.D })
                writer.Write(bits);
        }
    }

    /// <summary>What one thread needs.</summary>
    private sealed class Tools(ImageOptions options, DecodingMemory memory) : IDisposable
    {
        private readonly ImageDecoder _decoder = new(options.Decoding);
        private readonly Canvas _canvas = new();

        public Finding Examine(ImageSource source)
        {
            var reserved = 0L;
            try
            {
                using var picture = _decoder.Open(source);
                var hash = Convert.ToHexString(SHA256.HashData(_decoder.Encoded));
                reserved = memory.Enter(picture.DecodingBytes);
                _canvas.Load(picture);
                return new(null, _decoder.Format, picture.Size, hash, PerceptualHash.Of(_canvas));
            }
            catch (ImageException error)
            {
                return new(error, ImageFormat.Unknown, default, null, null);
            }
            finally
            {
                if (_decoder.HeldBytes + _canvas.HeldBytes > DecodingMemory.OfEachThread)
                    Dispose();
                memory.Leave(reserved);
            }
        }

        /// <summary>Frees the memory; it is reserved anew when there is more to do.</summary>
        public void Dispose()
        {
            _decoder.Dispose();
            _canvas.Dispose();
        }
    }
}
