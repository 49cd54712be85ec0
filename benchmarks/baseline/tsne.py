#!/usr/bin/env python3
"""scikit-learn's t-SNE of features that TransferKit wrote: time and trustworthiness. Needs python3-sklearn.

    dotnet run -c Release --project benchmarks/TransferKit.Benchmarks -- map FOLDER MODEL=FILE --features FILE
    python3 tsne.py FILE NUMBER_OF_PICTURES
"""
import sys
import time

import numpy
from sklearn.manifold import TSNE, trustworthiness

count = int(sys.argv[2])
features = numpy.fromfile(sys.argv[1], numpy.float32).reshape(count, -1)
begin = time.perf_counter()
found = TSNE(random_state=0, n_jobs=-1).fit_transform(features)
seconds = time.perf_counter() - begin
print(f"{count} x {features.shape[1]}: {seconds:.1f} s, trustworthiness {trustworthiness(features, found):.4f}, "
      f"of 30 neighbors {trustworthiness(features, found, n_neighbors=30):.4f}")
