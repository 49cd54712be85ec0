#!/usr/bin/env bash
# Tries TransferKit on a machine with an NVIDIA GPU, beside the PyTorch that is there. Two steps, for such a machine may have
# neither .NET nor a network:
#
#   benchmarks/gpu/run.sh pack FILE        on a machine with the .NET SDK: everything that is needed, without libtorch
#   benchmarks/gpu/run.sh run FILE [--device cuda] [--data FOLDER] [--libtorch FOLDER] [--python PYTHON] [--out FOLDER] [PART ...]
#                                          there, from a copy of this folder or of the repository
#
# libtorch comes from --libtorch, else from the PyTorch of --python (default: python3). Parts, by default all, are: diagnosis,
# tests, waits, flowers, feed, steps. Without a GPU everything runs with --device cpu, on small sizes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }

pack() {
  local file=$1 root=$here/../.. app
  app=$(mktemp -d)
  trap 'rm -rf "$app"' RETURN
  for project in benchmarks/TransferKit.Benchmarks samples/Flowers tests/TransferKit.Gpu.Tests; do
    dotnet publish -c Release "$root/$project" -r linux-x64 --self-contained -o "$app/app" --nologo -v quiet \
      -p:TorchRuntime=none -p:DebugType=none -p:SatelliteResourceLanguages=en
  done
  # Weights, another engine, and parts for debuggers, disassemblers, coverage and Windows, which no run needs.
  rm -rf "$app"/app/{transferkit-weights,libonnxruntime*,onnxruntime.dll,createdump,libcapstone.so,libmscordbi.so,libmscordaccore.so,runtimes,amd64,Microsoft.CodeCoverage,*.pdb}
  mkdir "$app/scripts"
  cp "$here"/{count_waits.c,pytorch_steps.py} "$here/../baseline/pytorch_transfer.py" "$app/scripts/"
  tar -C "$app" -c app scripts | xz -T0 -6 >"$file"
  echo "$file: $(($(stat -c %s "$file") / 1000000)) MB"
}

run() {
  local file=$1 device=cuda data= libtorch= python=python3 out=$PWD/gpu-results parts=()
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --device) device=$2; shift ;;
      --data) data=$(cd "$2" && pwd); shift ;;
      --libtorch) libtorch=$2; shift ;;
      --python) python=$2; shift ;;
      --out) out=$2; shift ;;
      -*) usage ;;
      *) parts+=("$1") ;;
    esac
    shift
  done
  [ ${#parts[@]} -gt 0 ] || parts=(diagnosis tests waits flowers feed steps)
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  local work
  work=$(mktemp -d)
  trap "rm -rf '$work'" EXIT
  tar -C "$work" -xJf "$file"
  export PATH=$work/app:$PATH XDG_CACHE_HOME=$work/cache
  [ "$device" = cuda ] || export TRANSFERKIT_TEST_DEVICE=$device

  if [ -z "$libtorch" ]; then
    libtorch=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))') || {
      echo "There is no PyTorch for $python: name a libtorch with --libtorch." >&2
      exit 2
    }
  fi
  export TRANSFERKIT_LIBTORCH=$libtorch

  # On a CPU the same, small enough to try that it runs.
  local sizes=() peer=() batch=32 feed=(--batch-size 128)
  if [ "$device" != cuda ]; then
    sizes=(--models resnet50 --batches 2) peer=("${sizes[@]}" --numbers float32) batch=2 feed=(--batch-size 4 --epochs 1)
  fi

  local part start failed=0
  for part in "${parts[@]}"; do
    start=$SECONDS
    echo "== $part"
    "part_$part" 2>&1 | tee "$out/$part.txt" || failed=1
    echo "== $part: $((SECONDS - start)) s"
  done
  return $failed
}

part_diagnosis() {
  TransferKit.Benchmarks diagnose
  nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader || true
  "$python" -c 'import torch, torchvision; print("PyTorch", torch.__version__, "torchvision", torchvision.__version__)' || true
}

part_tests() { TransferKit.Gpu.Tests; }

part_waits() {
  if [ "$device" != cuda ]; then
    echo "Nothing is waited for on a CPU."
    return
  fi
  cc -O2 -shared -fPIC -o "$work/count_waits.so" "$work/scripts/count_waits.c" -ldl
  LD_PRELOAD=$work/count_waits.so TransferKit.Benchmarks waits --device "$device" --batch-size "$batch"
}

# The sample's own flowers, or photos; the whole network is trained on both sides.
part_flowers() {
  (cd "$work" && Flowers --weights none --device "$device" --epochs 3)
  pictures
  local job=(--data "$pictures" --model resnet50 --weights none --unfreeze layer4,fc --epochs 3 --batch-size "$batch" --no-augment)
  (cd "$work" && Flowers "${job[@]}" --device "$device")
  "$python" "$work/scripts/pytorch_transfer.py" "${job[@]}" --device "$device" --workers "$(nproc)" --frozen-bn || true
}

part_feed() {
  pictures
  TransferKit.Benchmarks loader "$pictures" --epochs 2
  TransferKit.Benchmarks feed "$pictures" --device "$device" "${feed[@]}"
}

part_steps() {
  TransferKit.Benchmarks steps --device "$device" "${sizes[@]}" --tsv "$out/transferkit.tsv"
  "$python" "$work/scripts/pytorch_steps.py" --device "$device" "${peer[@]}" --tsv "$out/pytorch.tsv"
  "$python" "$work/scripts/pytorch_steps.py" --table "$out/transferkit.tsv" "$out/pytorch.tsv"
}

# Photos, or what the sample has drawn.
pictures() {
  pictures=$data
  if [ -z "$pictures" ]; then
    [ -d "$work"/cache/transferkit/drawn-flowers-* ] || (cd "$work" && Flowers --weights none --device "$device" --epochs 1 --quiet)
    pictures=$(echo "$work"/cache/transferkit/drawn-flowers-*)
  fi
}

case ${1-} in
  pack) [ $# -eq 2 ] || usage; pack "$2" ;;
  run) [ $# -ge 2 ] || usage; shift; run "$@" ;;
  *) usage ;;
esac
