#!/usr/bin/env bash
# Open MPI 4.1.4 chooses another algorithm for a large nonblocking sum when it is asked for in place (MPI_Iallreduce with
# MPI_IN_PLACE): all of the array goes up a binomial tree to rank 0 and down again, so rank 0 sends and receives it log2(ranks)
# times each. From a buffer of its own, the same sum sends no more than twice the array from any rank. Guessed before: MPI_IN_PLACE
# saves a copy and changes nothing else.
# Seen, 8 ranks and 4 MB, by Open MPI's own monitoring of messages: rank 0 sends 12 MB in place, 7 MB otherwise.
#
# Needs Debian 12 with openmpi-bin and libopenmpi-dev 4.1.4-3 and a C compiler. Takes some seconds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
[ "$(dpkg-query -W -f '${Version}' openmpi-bin | cut -d+ -f1)" = 4.1.4-3 ] || { echo "openmpi-bin isn't 4.1.4-3" >&2; exit 2; }
cat > sum.c <<'C'
#include <mpi.h>
#include <stdlib.h>
int main(int count, char **arguments)
{
    MPI_Request request;
    float *from = calloc(1000000, sizeof(float)), *to = calloc(1000000, sizeof(float));
    MPI_Init(&count, &arguments);
    MPI_Iallreduce(count > 1 ? MPI_IN_PLACE : (void *)from, to, 1000000, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Finalize();
    return 0;
}
C
mpicc.openmpi -O2 sum.c -o sum
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Bytes that rank 0 sends to others.
sent() {
  mpirun.openmpi --oversubscribe -np 8 --mca pml_monitoring_enable 2 --mca pml_monitoring_enable_output 3 \
    --mca pml_monitoring_filename "$folder/$1" ./sum ${2-} >/dev/null
  awk '($1 == "I" || $1 == "E") && $2 == 0 { sum += $4 } END { printf "%d\n", sum / 1e6 + 0.5 }' "$folder/$1.0.prof"
}
place=$(sent place in-place) other=$(sent other)
echo "Open MPI 4.1.4, 8 ranks, 4 MB: rank 0 sends $place MB in place, $other MB otherwise"
[ "$place" = 12 ] && [ "$other" = 7 ]
