using TorchSharp;

namespace TransferKit;

/// <summary>
/// A model in memory, as those see it who run, train, measure or export it: a network with its weights, where it is, what it
/// computes in, and how images for it are prepared. Owns the network. What users hold is a <see cref="TransferModel"/>.
/// </summary>
internal sealed class LiveModel : IDisposable
{
    /// <param name="recipe">What the network is made of.</param>
    /// <param name="network">The network, whose weights have their values, all on one device.</param>
    /// <param name="preprocessing">What the weights expect of their input.</param>
    public LiveModel(ModelRecipe recipe, Network network, Preprocessing preprocessing)
    {
        (Recipe, Network, Preprocessing) = (recipe, network, preprocessing with { Channels = recipe.InputChannels });
        Device = network.NamedWeights().First().Weight.Value.device;
        ComputeType = recipe.Precision.Resolve(Device, network.NeedsPrecision);
        NativeHeap.KeepFreedMemory();
        Settle();
    }

    /// <summary>What the network is made of, and which of its layers train.</summary>
    public ModelRecipe Recipe { get; private set; }

    public Network Network { get; private set; }

    /// <summary>What the weights expect of their input.</summary>
    public Preprocessing Preprocessing { get; private set; }

    /// <summary>Where all weights are.</summary>
    public torch.Device Device { get; }

    /// <summary>The element type of activations where speed counts: in training, and in compiled layers.</summary>
    public torch.ScalarType ComputeType { get; }

    /// <summary>How the model did when it was last measured in training; null: not yet.</summary>
    public EvaluationResult? Evaluation { get; set; }

    /// <inheritdoc cref="TransferModel.CountParameters"/>
    public ParameterCount CountParameters()
    {
        var parameters = Network.NamedWeights().Select(found => found.Weight).Where(weight => !weight.IsBuffer).ToList();
        return new(parameters.Where(weight => weight.IsTrainable).Sum(weight => weight.Count),
            parameters.Sum(weight => weight.Count));
    }

    /// <summary>
    /// Images on the model's device, laid out as the network runs fastest. The caller's dispose scope owns them.
    /// </summary>
    public torch.Tensor PrepareInput(torch.Tensor images) => MemoryLayout.ChannelsLast(images.SendTo(Device));

    /// <summary>All samples in their own order, as evaluation sees them.</summary>
    public ReadOptions ReadInOrder(Dataset data, int batchSize, int workers) => new()
    {
        Preprocessing = Preprocessing,
        PinMemory = Device.type == DeviceType.CUDA,
        Order = [.. Enumerable.Range(0, data.Count)],
        BatchSize = batchSize,
        Workers = workers,
    };

    /// <summary>Follows another recipe of the same network, from now on.</summary>
    /// <param name="recipe">What trains, and how large images are.</param>
    /// <param name="preprocessing">How images of that size are made; null: as before.</param>
    public void Follow(ModelRecipe recipe, Preprocessing? preprocessing = null)
    {
        recipe.Freeze(Network);
        (Recipe, Preprocessing) = (recipe, preprocessing ?? Preprocessing);
    }

    /// <summary>Puts another head on the network; see <see cref="Network.TakeOver"/>. What was measured is gone.</summary>
    /// <param name="head">The head.</param>
    /// <param name="rows">Which row of the head before each row of the new one takes over, −1 for none; null: none does.</param>
    public void ReplaceHead(Head head, IReadOnlyList<int>? rows)
    {
        var recipe = Recipe with { Head = head };
        var network = recipe.Describe();
        try
        {
            network.TransformsInput = Network.TransformsInput;
            network.TakeOver(Network, rows);
            if (Device.type != DeviceType.CPU)
                network.MoveTo(Device);
        }
        catch
        {
            network.Dispose();
            throw;
        }

        Network.Dispose();
        (Network, Recipe, Evaluation) = (network, recipe, null);
        Settle();
    }

    public void Dispose() => Network.Dispose();

    /// <summary>Makes the network ready, whose weights stay where they are from now on.</summary>
    private void Settle()
    {
        // The layout costs a copy, so it is made once.
        foreach (var (_, weight) in Network.NamedWeights())
            weight.UseChannelsLast();
        Recipe.Freeze(Network);
    }
}
