using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Linear heads that see the same part of features and learn side by side, each with its own rate, by stochastic gradient descent
/// with momentum. Its tensors belong to the dispose scope that it was made in.
/// </summary>
internal sealed class LinearHeads
{
    private const double Momentum = 0.9, StartDeviation = 0.01;

    private readonly long _first, _count, _outputs;
    private readonly Tensor _rates, _weights, _biases, _weightSteps, _biasSteps;

    /// <param name="seen">What part of the features it is, in words.</param>
    /// <param name="first">Where the part begins.</param>
    /// <param name="count">Its length.</param>
    /// <param name="outputs">Outputs of each head, C.</param>
    /// <param name="rates">The learning rate of each head.</param>
    /// <param name="device">Where they learn.</param>
    public LinearHeads(string seen, long first, long count, long outputs, IReadOnlyList<double> rates, Device device)
    {
        (Seen, _first, _count, _outputs) = (seen, first, count, outputs);
        var rows = rates.Count * outputs;
        _rates = tensor(rates.Select(rate => (float)rate).ToArray(), device: device).repeat_interleave(outputs).unsqueeze(1);
        var start = empty(rows, count);
        RandomSource.Lend(() =>
        {
            Initialize.Normal(StartDeviation)(start);
            return start;
        });
        _weights = start.to(device);
        (_weightSteps, _biases, _biasSteps) = (zeros_like(_weights), zeros_like(_rates), zeros_like(_rates));
    }

    /// <summary>What part of the features they see, in words.</summary>
    public string Seen { get; }

    /// <summary>Takes a step on the mean cross-entropy of a batch, or that of several labels.</summary>
    /// <param name="features">float32 <c>[N, features]</c>.</param>
    /// <param name="targets">float32 <c>[N, C]</c>: 1 for each class that a sample has, 0 for the others.</param>
    /// <param name="task">One class a sample, or several.</param>
    /// <param name="factor">What rates are multiplied with.</param>
    public void Step(Tensor features, Tensor targets, TaskDefinition task, double factor)
    {
        using var scope = NewDisposeScope();
        var inputs = features.narrow(1, _first, _count);
        var outputs = inputs.matmul(_weights.t()).Add(_biases.t()).view(-1, _outputs);
        // The gradient of either loss by the outputs.
        var errors = task.ToProbabilities(outputs).view(inputs.shape[0], -1, _outputs) - targets.unsqueeze(1);
        var gradients = errors.flatten(1).t().Divide(inputs.shape[0]);
        Move(_weights, _weightSteps, gradients.matmul(inputs), factor);
        Move(_biases, _biasSteps, gradients.sum(1, keepdim: true), factor);
    }

    /// <summary>Gives a layer that sees all features a head's weights, and what the head doesn't see weights of 0.</summary>
    /// <param name="number">The head's place among the rates.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>False if the weights aren't all finite: the layer is left as it was.</returns>
    public bool TryPut(int number, Linear layer)
    {
        using var scope = NewDisposeScope();
        var weights = _weights.narrow(0, number * _outputs, _outputs);
        var biases = _biases.narrow(0, number * _outputs, _outputs).squeeze(1);
        if (!weights.isfinite().all().item<bool>() || !biases.isfinite().all().item<bool>())
            return false;
        layer.Matrix.Value.zero_();
        layer.Matrix.Value.narrow(1, _first, _count).copy_(weights);
        layer.Bias!.Value.copy_(biases);
        return true;
    }

    private void Move(Tensor values, Tensor steps, Tensor gradients, double factor)
    {
        steps.MultiplyInPlace(Momentum).AddInPlace(gradients);
        values.sub_(_rates.Multiply(factor) * steps);
    }
}
