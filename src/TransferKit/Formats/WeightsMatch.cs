namespace TransferKit;

/// <summary>How the tensors of a weights file were matched with the weights of a model.</summary>
public enum WeightsMatch
{
    /// <summary>By their names: torchvision's, or those of a library whose names are known.</summary>
    Names,

    /// <summary>By their order in the file, their kinds and shapes, as their names are another program's.</summary>
    Order,

    /// <summary>
    /// By the ONNX graph that uses them: which layer feeds which, with which kernel, stride and padding. Batch norms that the
    /// exporter had folded into convolutions multiply by 1 then, and shall stay frozen.
    /// </summary>
    Graph,
}
