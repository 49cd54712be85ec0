#!/usr/bin/env bash
# Debian 12's python3-torch 1.13 multiplies float32 matrices by whatever libblas.so.3 is installed, and apt installs the reference
# library: libtorch1.13 depends on `libblas3 | libblas.so.3` and recommends `libopenblas0 | libblas3`, which the first one satisfies
# already. Convolutions go through oneDNN and are quick all the same, so a ResNet shows nothing, and a Vision Transformer crawls.
# Seen, 1024 x 1024 times 1024 x 1024 in float32 on one thread: libblas3 3.11.0-2 takes 7 times as long as libopenblas0-pthread
# 0.3.21+ds-4.
#
# Needs Debian 12 with python3-torch and its package lists (apt-get update). Takes half a minute. Installs nothing: both libraries are
# unpacked into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get -qq download libblas3=3.11.0-2 libopenblas0-pthread=0.3.21+ds-4 libgfortran5 2>/dev/null
for package in *.deb; do dpkg -x "$package" .; done
cat > finding.py <<'PY'
import time, torch
torch.set_num_threads(1)
a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
def once():
    start = time.process_time()
    a @ b
    return time.process_time() - start
print(min(once() for _ in range(4)))
PY
lib=usr/lib/x86_64-linux-gnu
reference=$(LD_LIBRARY_PATH=$lib/blas OMP_NUM_THREADS=1 /usr/bin/python3 finding.py)
openblas=$(LD_LIBRARY_PATH=$lib/openblas-pthread:$lib OPENBLAS_NUM_THREADS=1 /usr/bin/python3 finding.py)
recommended=$(apt-cache depends libtorch1.13 | grep -c 'Recommends: libblas3')
/usr/bin/python3 -c "
import torch
ratio = $reference / $openblas
print(f'torch {torch.__version__}: reference {$reference:.3f} s, OpenBLAS {$openblas:.3f} s, ratio {ratio:.1f}')
raise SystemExit(0 if ratio > 4 and $recommended == 1 else 1)"
