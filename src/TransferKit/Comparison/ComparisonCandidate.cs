using System.Globalization;

namespace TransferKit;

/// <summary>A backbone that can be compared with others.</summary>
/// <param name="Plan">The backbone with its weights.</param>
/// <param name="IsThere">Whether the weights are here; else they have to be downloaded.</param>
/// <param name="DownloadMiB">The size of what has to be downloaded, in MiB; null: nothing has, or it isn't known.</param>
public sealed record ComparisonCandidate(TransferPlan Plan, bool IsThere, double? DownloadMiB)
{
    /// <summary>One or two of each family that is worth a look, small to large.</summary>
    private static readonly string[] Usual =
    [
        "mobilenet_v3_small", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "resnet18", "regnet_y_1_6gf", "resnet50",
        "convnext_tiny", "swin_t", "efficientnet_v2_s", "vit_b_16",
    ];

    /// <summary>What people call it: the model, and its weights where they aren't the usual ones.</summary>
    public string Name => Plan.Weights.Kind is PretrainedKind.Default or PretrainedKind.Packaged
        ? Plan.Model
        : $"{Plan.Model}, {Path.GetFileName($"{Plan.Weights}")}";

    /// <summary><c>resnet50, to be downloaded: 98 MiB</c></summary>
    public override string ToString() => IsThere ? Name
        : DownloadMiB is not { } size ? $"{Name}, to be downloaded"
        : string.Create(CultureInfo.InvariantCulture, $"{Name}, to be downloaded: {size:F0} MiB");

    internal static ComparisonCandidate Of(TransferPlan plan)
    {
        var isThere = WeightsSource.IsThere(plan.Model, plan.Weights);
        return new(plan, isThere, isThere ? null : SizeOf(WeightsSource.Known(plan.Model, plan.Weights)));
    }

    /// <summary>The usual ones, with those that a package has brought.</summary>
    internal static IReadOnlyList<ComparisonCandidate> OfZoo() =>
    [
        .. PackagedWeights.Has("resnet20") ? [Of(Backbone.ResNet20(Pretrained.Packaged))] : (IEnumerable<ComparisonCandidate>)[],
        .. Usual.Select(name => Of(Backbone.Create(name, Pretrained.Default))),
    ];

    /// <summary>timm tells the number of parameters alone, which are of four bytes.</summary>
    private static double? SizeOf(WeightsInfo? weights) => weights?.FileSizeMiB ?? weights?.Parameters * 4.0 / (1 << 20);
}
