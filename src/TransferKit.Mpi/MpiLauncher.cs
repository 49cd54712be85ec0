namespace TransferKit;

/// <summary>What has started this process, as its environment says.</summary>
internal enum MpiLauncher
{
    /// <summary>Nothing that knows of MPI.</summary>
    None,

    /// <summary>Open MPI's <c>mpirun</c>, or one that speaks PMIx, as <c>srun --mpi=pmix</c>.</summary>
    OpenMpi,

    /// <summary>MPICH's <c>mpirun</c>, or that of its relatives, or <c>srun --mpi=pmi2</c>.</summary>
    Mpich,
}

/// <summary>Finds out what has started a process.</summary>
internal static class MpiLaunchers
{
    /// <param name="variable">The value of an environment variable; null: it isn't set.</param>
    /// <exception cref="MpiException">Slurm has started several processes, and has told them nothing of each other.</exception>
    public static MpiLauncher Find(Func<string, string?> variable)
    {
        // Within a job of Open MPI's there are PMIx's variables too; PMI is MPICH's own.
        if (variable("OMPI_COMM_WORLD_SIZE") is not null)
            return MpiLauncher.OpenMpi;
        if (variable("PMI_RANK") is not null || variable("PMI_FD") is not null)
            return MpiLauncher.Mpich;
        if (variable("PMIX_RANK") is not null)
            return MpiLauncher.OpenMpi;
        if (int.TryParse(variable("SLURM_STEP_NUM_TASKS"), out var tasks) && tasks > 1)
            throw new MpiException($"srun has started {tasks} processes that know nothing of each other, and each would "
                + "train alone: start them with srun --mpi=pmix (Open MPI), srun --mpi=pmi2 (MPICH), or mpirun.");
        return MpiLauncher.None;
    }
}
