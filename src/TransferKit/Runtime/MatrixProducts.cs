namespace TransferKit;

/// <summary>
/// How libtorch multiplies matrices on x64 processors: by Intel's MKL, the last bits of whose matrix times vector depend on where
/// these lie, and so differ from run to run. Its mode AUTO ("conditional numerical reproducibility", MKL 11.0, 2012) gives the
/// same bits on the same processor and number of threads, and is as fast.
/// </summary>
/// <remarks>Concerns the whole process. The environment variable <c>MKL_CBWR</c>, where it is set, decides.</remarks>
internal static class MatrixProducts
{
    private const string Variable = "MKL_CBWR", Setter = "mkl_serv_cbwr_set";
    private const int Auto = 2;

    /// <summary>Makes products repeatable, if none was computed so far: MKL decides once.</summary>
    /// <returns>Whether this libtorch has MKL and it agreed.</returns>
    public static unsafe bool MakeRepeatable() =>
        Environment.GetEnvironmentVariable(Variable) is null
        && LibtorchPackage.FindFunction(Setter) is var set and not 0
        && ((delegate* unmanaged<int, int>)set)(Auto) == 0;
}
