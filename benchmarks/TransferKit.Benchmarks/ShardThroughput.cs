using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Parquet;
using Parquet.Schema;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// How many images a second come from tar, Parquet and zip files, beside the folder that they are made of, in the order of a
/// training epoch: <c>shards FOLDER [--copies N] [--rounds N] [--workers N]</c>. They take turns in each round, and are read once
/// before.
/// </summary>
internal static class ShardThroughput
{
    private const int SamplesAShard = 1000;
    private const int RowsAGroup = 100;
    private const int BatchSize = 32;

    public static void Run(string folder, int copies, int rounds, int workers)
    {
        var target = Directory.CreateTempSubdirectory("transferkit-shards-").FullName;
        try
        {
            var whole = Copy(ImageFolder.Open(folder), Path.Join(target, "folder"), copies);
            var bytes = whole.Sources.Sum(source => new FileInfo(source.Name).Length);
            WriteTar(whole, target);
            WriteParquet(whole, Path.Join(target, "plain"), CompressionMethod.None).GetAwaiter().GetResult();
            WriteParquet(whole, Path.Join(target, "snappy"), CompressionMethod.Snappy).GetAwaiter().GetResult();
            ZipFile.CreateFromDirectory(Path.Join(target, "folder"), Path.Join(target, "folder.zip"), CompressionLevel.NoCompression, false);
            ZipFile.CreateFromDirectory(Path.Join(target, "folder"), Path.Join(target, "deflated.zip"));

            var tar = Path.Join(target, "*.tar");
            // The datasets library doesn't compress pictures; pyarrow, left alone, does.
            var (parquet, snappy) = (Path.Join(target, "plain", "*.parquet"), Path.Join(target, "snappy", "*.parquet"));
            var quarter = Math.Max(1, bytes / 4);
            Console.WriteLine($"{whole.Count} images, {bytes >> 20} MiB, {workers} workers, {rounds} rounds");
            Measure(rounds, workers,
            [
                ("folder", whole),
                ("zip", ImageFolder.Open(Path.Join(target, "folder.zip"))),
                ("zip, deflated", ImageFolder.Open(Path.Join(target, "deflated.zip"))),
                ("tar", WebDataset.Open(tar, "txt")),
                ("tar, a quarter in memory", WebDataset.Open(tar, "txt", shuffleBuffer: quarter)),
                ("Parquet", ParquetDataset.Open(parquet, shuffleBuffer: 2 * bytes)),
                ("Parquet, a quarter in memory", ParquetDataset.Open(parquet, shuffleBuffer: quarter)),
                ("the same in Snappy", ParquetDataset.Open(snappy, shuffleBuffer: quarter)),
            ]);
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }

    private static void Measure(int rounds, int workers, (string Name, ImageDataset Data)[] formats)
    {
        var seconds = formats.Select(_ => new List<double>()).ToArray();
        var processor = formats.Select(_ => new List<double>()).ToArray();
        var heaps = new long[formats.Length];
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (i, (_, data)) in formats.Index())
            {
                var drawn = Sampling.Shuffled.Order(data.Targets, seed: 0, round);
                var read = new ReadOptions
                {
                    Preprocessing = Preprocessing.ImageNet, Order = data.Arrange(drawn, seed: 0, round), BatchSize = BatchSize,
                    Augment = true, Epoch = round, Workers = workers,
                };
                var before = GC.GetTotalMemory(forceFullCollection: true);
                var cpuBefore = Environment.CpuUsage.TotalTime;
                var clock = Stopwatch.StartNew();
                foreach (var batch in data.Read(read))
                {
                    batch.Dispose();
                    heaps[i] = Math.Max(heaps[i], GC.GetTotalMemory(forceFullCollection: false) - before);
                }

                if (round == 0)
                    continue;
                seconds[i].Add(clock.Elapsed.TotalSeconds);
                processor[i].Add((Environment.CpuUsage.TotalTime - cpuBefore).TotalMilliseconds / data.Count);
            }
        }

        foreach (var (i, (name, data)) in formats.Index())
        {
            Console.WriteLine($"{name,-28}{data.Count / Median(seconds[i]),6:F0} images/s,{Median(seconds[0]) / Median(seconds[i]),5:F2} of the "
                + $"folder's; {Median(processor[i]):F2} ms of processor time an image; managed memory grows by {heaps[i] >> 20} MiB");
        }

        static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }

    private static ImageFolder Copy(ImageFolder data, string target, int copies)
    {
        for (var i = 0; i < data.Count; i++)
        {
            var folder = Path.Join(target, data.ClassNames[data.Labels[i]]);
            Directory.CreateDirectory(folder);
            for (var copy = 0; copy < copies; copy++)
                File.Copy(data.Sources[i].Name, Path.Join(folder, $"{copy:D3}-{i:D6}{Path.GetExtension(data.Sources[i].Name)}"));
        }

        return ImageFolder.Open(target);
    }

    /// <summary>The samples in the order in which shards usually have them: mixed.</summary>
    private static IEnumerable<int[]> Shards(ImageFolder data) =>
        Sampling.Shuffled.Order(data.Targets, seed: 1, epoch: 0).Chunk(SamplesAShard);

    private static void WriteTar(ImageFolder data, string target)
    {
        foreach (var (shard, samples) in Shards(data).Index())
        {
            using var writer = new TarWriter(File.Create(Path.Join(target, $"train-{shard:D6}.tar")));
            foreach (var i in samples)
            {
                using var picture = File.OpenRead(data.Sources[i].Name);
                using var label = new MemoryStream(Encoding.UTF8.GetBytes(data.ClassNames[data.Labels[i]]));
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{i:D6}{Path.GetExtension(picture.Name)}") { DataStream = picture });
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{i:D6}.txt") { DataStream = label });
            }
        }
    }

    private static async Task WriteParquet(ImageFolder data, string target, CompressionMethod compression)
    {
        Directory.CreateDirectory(target);
        var options = new ParquetOptions { CompressionMethod = compression };
        var (image, label) = (new DataField<byte[]>("image"), new DataField<string>("label"));
        foreach (var (shard, samples) in Shards(data).Index())
        {
            await using var file = File.Create(Path.Join(target, $"train-{shard:D5}.parquet"));
            await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(image, label), file, options);
            foreach (var rows in samples.Chunk(RowsAGroup))
            {
                using var group = writer.CreateRowGroup();
                await group.WriteAsync(image, rows.Select(i => File.ReadAllBytes(data.Sources[i].Name)).ToArray());
                await group.WriteAsync(label, rows.Select(i => data.ClassNames[data.Labels[i]]).ToArray());
            }
        }
    }
}
