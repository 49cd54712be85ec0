using TorchSharp;

namespace TransferKit.Tests.Metrics;

/// <summary>Results of what a model said, given by hand; classes are called <c>class 0</c>, <c>class 1</c> and so on.</summary>
internal static class Evaluated
{
    public static EvaluationResult Classes(float[][] outputs, long[] labels, int[]? indices = null)
    {
        using var scope = torch.NewDisposeScope();
        return Of(LearningTask.Classification, Rows(outputs), torch.tensor(labels), indices);
    }

    public static EvaluationResult Labels(float[][] outputs, float[][] targets)
    {
        using var scope = torch.NewDisposeScope();
        return Of(LearningTask.MultiLabel, Rows(outputs), Rows(targets));
    }

    public static EvaluationResult Numbers(float[][] outputs, float[][] targets)
    {
        using var scope = torch.NewDisposeScope();
        return Of(LearningTask.Regression, Rows(outputs), Rows(targets));
    }

    public static EvaluationResult Of(LearningTask task, torch.Tensor outputs, torch.Tensor targets, int[]? indices = null)
    {
        var samples = new EvaluatedSamples(
            task, [.. Enumerable.Range(0, (int)outputs.shape[1]).Select(label => $"class {label}")]);
        samples.Add(outputs, targets, indices ?? [.. Enumerable.Range(0, (int)outputs.shape[0])]);
        return EvaluationResult.From(samples, loss: null);
    }

    private static torch.Tensor Rows(float[][] rows) =>
        torch.tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);
}
