using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// An optimizer at work: the weights, what it remembers of each, and how many steps it has made. Its state can be saved and
/// loaded bit for bit, which TorchSharp's own optimizers don't offer. The gradients are the rule's to overwrite.
/// </summary>
internal abstract class UpdateRule : IDisposable
{
    private readonly List<Trained> _weights = [];

    /// <param name="groups">What trains, and how.</param>
    /// <param name="memories">Names of the tensors that the rule keeps for each weight, all zero at first.</param>
    protected UpdateRule(IReadOnlyList<ParameterGroup> groups, params string[] memories)
    {
        Groups = groups;
        using var noGradient = no_grad();
        foreach (var group in groups)
            foreach (var (name, value) in group.Weights)
                _weights.Add(new Trained(group, value, [.. memories.Select(memory =>
                    ($"{name}.{memory}", zeros_like(value, requires_grad: false).DetachFromDisposeScope()))]));
    }

    /// <summary>What trains.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Steps made so far.</summary>
    public long Steps { get; set; }

    /// <summary>
    /// What the rule remembers besides <see cref="Steps"/>: live tensors, under the weights' names and their own.
    /// </summary>
    public IEnumerable<(string Name, Tensor Value)> State => _weights.SelectMany(weight => weight.Memories);

    /// <summary>Changes every weight that has a gradient.</summary>
    /// <param name="factor">What the groups' rates are multiplied with: <see cref="Schedule.Factor"/>.</param>
    /// <param name="momentum">The momentum, or Adam's first beta, of this step; null: the optimizer's own.</param>
    public void Step(double factor = 1, double? momentum = null)
    {
        Steps++;
        using var noGradient = no_grad();
        foreach (var alike in _weights.GroupBy(weight => weight.Group))
        {
            var update = For(alike.Key.BaseRate * factor, alike.Key.WeightDecay, momentum);
            foreach (var weight in alike)
            {
                using var scope = NewDisposeScope();
                if (weight.Value.grad is { } gradient)
                    update(weight.Value, gradient, weight.Tensors);
            }
        }
    }

    /// <summary>Frees the gradients, so that the next backward pass writes and doesn't add.</summary>
    public void ClearGradients()
    {
        foreach (var weight in _weights)
            weight.Value.grad = null;
    }

    /// <summary>How one weight of a group changes; what is the same for all of them is computed here, once a step.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="weightDecay">The weight decay.</param>
    /// <param name="momentum">What the schedule wants; null: the optimizer's own.</param>
    protected abstract WeightUpdate For(double rate, double weightDecay, double? momentum);

    public void Dispose()
    {
        foreach (var (_, memory) in State)
            memory.Dispose();
    }

    /// <summary>Changes one weight in place.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="gradient">Its gradient, which may be overwritten.</param>
    /// <param name="memories">What the rule remembers of it.</param>
    protected delegate void WeightUpdate(Tensor weight, Tensor gradient, Tensor[] memories);

    private sealed record Trained(ParameterGroup Group, Tensor Value, (string Name, Tensor Value)[] Memories)
    {
        public Tensor[] Tensors { get; } = [.. Memories.Select(memory => memory.Value)];
    }
}
