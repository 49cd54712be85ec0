using System.Text;

namespace TransferKit;

/// <summary>What a rank has for sums between GPUs.</summary>
/// <param name="Obstacle">Why it can't take part, as what a rank does; empty: it can.</param>
/// <param name="Version">Its NCCL's version.</param>
/// <param name="Gpu">Its GPU: other ranks' have other names.</param>
internal sealed record GpuOffer(string Obstacle, string Version = "", string Gpu = "")
{
    /// <summary>Of a rank that computes elsewhere.</summary>
    public const string NoGpu = "doesn't compute on an NVIDIA GPU";

    /// <summary>Tells it to all ranks.</summary>
    /// <returns>What each rank has, in the order of ranks.</returns>
    public GpuOffer[] Exchange(ProcessGroup group)
    {
        string[] own = [Obstacle, Version, Gpu];
        return Array.ConvertAll(group.Gather(Encoding.UTF8.GetBytes(string.Join('\n', own))), Read);

        static GpuOffer Read(byte[] bytes)
        {
            var lines = Encoding.UTF8.GetString(bytes).Split('\n');
            return new GpuOffer(lines[0], lines[1], lines[2]);
        }
    }

    /// <summary>Why the ranks' GPUs don't sum among themselves, in one line; null: they do.</summary>
    public static string? FindObstacle(ProcessGroup group, GpuOffer[] offers)
    {
        foreach (var (rank, offer) in offers.Index())
        {
            if (offer.Obstacle.Length > 0)
                return $"{group.NameOf(rank)} {offer.Obstacle}";
            if (offer.Version != offers[0].Version)
                return $"{group.NameOf(rank)} has NCCL {offer.Version}, and rank 0 has {offers[0].Version}";
            if (Array.FindIndex(offers, other => other.Gpu == offer.Gpu) is var first && first < rank)
                return $"{group.NameOf(rank)} computes on the same GPU as rank {first}; where there are as many GPUs as ranks, "
                    + ".On(ComputeDevice.Cuda(world.LocalRank)) gives each rank its own";
        }
        return null;
    }
}
