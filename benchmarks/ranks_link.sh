#!/usr/bin/env bash
# Measures how much of the sums of gradients of two ranks is hidden behind the backward pass, over a link of a given speed: two
# network namespaces of this machine, with a pair of virtual devices between them whose traffic is shaped. Needs root, iproute2
# and Open MPI.
#
#   benchmarks/ranks_link.sh [RATE [MODEL [BATCH [STEPS [EPOCHS]]]]]      default: 1gbit resnet50 16 3 4
#
# RATE is tc's; BATCH is that of a rank, which has one thread. Build benchmarks/TransferKit.Benchmarks first. Two connections, as
# one doesn't fill such a link in both directions at once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rate=${1:-1gbit} model=${2:-resnet50} batch=${3:-16} steps=${4:-3} epochs=${5:-4}
work=$(mktemp -d)
trap 'ip netns del tk-a 2>/dev/null || true; ip netns del tk-b 2>/dev/null || true; rm -rf "$work"' EXIT

for side in a b; do
  ip netns add tk-$side
  ip -n tk-$side link set lo up
done
ip link add tk-a netns tk-a type veth peer name tk-b netns tk-b
ip -n tk-a addr add 10.77.0.1/24 dev tk-a
ip -n tk-b addr add 10.77.0.2/24 dev tk-b
for side in a b; do
  ip -n tk-$side link set tk-$side up
  tc -n tk-$side qdisc add dev tk-$side root tbf rate "$rate" burst 256kb latency 50ms
done

# In place of ssh: the other namespace is the other host, with a name of its own.
cat >"$work/agent" <<'AGENT'
#!/usr/bin/env bash
shift
exec ip netns exec tk-b unshare --uts bash -c "hostname tk-b; $*"
AGENT
chmod +x "$work/agent"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec tk-a unshare --uts bash -c 'hostname tk-a; exec "$@"' bash \
  mpirun.openmpi --host 10.77.0.1,10.77.0.2 -np 2 --bind-to none \
  -x OMP_NUM_THREADS=1 --mca plm_rsh_agent "$work/agent" \
  --mca btl self,tcp --mca btl_tcp_links "${LINKS:-2}" --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
  dotnet "$here/TransferKit.Benchmarks/bin/Release/net10.0/TransferKit.Benchmarks.dll" overlap \
  --model "$model" --batch-size "$batch" --steps "$steps" --epochs "$epochs"
