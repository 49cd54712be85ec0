using TransferKit;

namespace Flowers;

/// <summary>What the command line asks for.</summary>
internal sealed record TrainingJob
{
    /// <summary>The folder of pictures; null: flowers that the sample draws itself.</summary>
    public required string? Data { get; init; }

    public required string Model { get; init; }

    public required string Weights { get; init; }

    /// <summary>What trains besides the head; null: the last stage, or everything without weights.</summary>
    public required IReadOnlyList<string>? Unfreeze { get; init; }

    public required double TrainFraction { get; init; }

    public required ComputeDevice Device { get; init; }

    public required int? Threads { get; init; }

    public required string Save { get; init; }

    public required string? Json { get; init; }

    public required string? Report { get; init; }

    public required bool Quiet { get; init; }

    public required TrainingOptions Training { get; init; }

    /// <summary>The recipe for the model.</summary>
    public TransferPlan Plan(int classes)
    {
        var plan = Backbone.Create(Model, Pretrained).ReplaceHead(classes).On(Device);
        return Unfreeze switch
        {
            null => Weights == "none" ? plan : plan.UnfreezeLast(1),
            ["all"] => plan.UnfreezeAll(),
            var layers => plan.FreezeAll().Unfreeze([.. layers]),
        };
    }

    private Pretrained Pretrained => Weights switch
    {
        "none" => Pretrained.None,
        "default" => Pretrained.Default,
        "packaged" => Pretrained.Packaged,
        // A name has neither a folder nor an extension.
        var name when name == Path.GetFileName(name) && !Path.HasExtension(name) && !File.Exists(name) => Pretrained.Named(name),
        var file => Pretrained.FromFile(file),
    };
}
