namespace TransferKit;

/// <summary>
/// NNPACK, which libtorch asks before a convolution that it doesn't give to oneDNN: those of 1 × 1 on one thread. Where NNPACK
/// doesn't know the processor's caches, as in many virtual machines, each of them then prints a warning: tens of thousands in
/// an epoch of libtorch 2.10. Nothing is missed: it takes batches of 16 and more, which oneDNN takes before it.
/// </summary>
/// <remarks>Concerns the whole process.</remarks>
internal static class Nnpack
{
    private const string GlobalContext = "_ZN2at13globalContextEv", SetEnabled = "_ZN2at7Context20setUserEnabledNNPACKEb";

    /// <summary>Keeps libtorch from asking; on Linux alone.</summary>
    /// <returns>Whether this libtorch can be told so.</returns>
    public static unsafe bool SwitchOff()
    {
        if (!OperatingSystem.IsLinux() || LibtorchPackage.FindFunction(GlobalContext) is not (var context and not 0)
            || LibtorchPackage.FindFunction(SetEnabled) is not (var set and not 0))
            return false;
        ((delegate* unmanaged<nint, byte, void>)set)(((delegate* unmanaged<nint>)context)(), 0);
        return true;
    }
}
