#!/usr/bin/env python3
"""Makes tsne_goldens.json: scikit-learn's t-SNE of 400 of its handwritten digits, with its trustworthiness. Needs python3-sklearn
(1.2 or later, whose defaults begin with the principal components).
"""
import base64
import json
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

digits = load_digits().data[:400]
pixels = digits.astype(np.uint8)
# The first pixel is empty in all. With it, no two are as far from a third: which of equal ones comes first is anybody's choice.
digits[:, 0] = np.arange(400.0) ** 2 * 0.618034 % 1
digits = digits.astype(np.float32)
found = TSNE(random_state=0).fit_transform(digits).round(3).astype(np.float32)
golden = {
    "scikit_learn": sklearn.__version__,
    "features": digits.shape[1],
    "digits": base64.b64encode(pixels.tobytes()).decode(),
    "map": [round(float(value), 3) for value in found.ravel()],
    "trustworthiness": {str(k): float(trustworthiness(digits, found, n_neighbors=k)) for k in (1, 5, 30)},
    "of_principal_components": float(trustworthiness(digits, PCA(2).fit_transform(digits), n_neighbors=5)),
    "other_seeds": [float(trustworthiness(digits, TSNE(random_state=seed, init="random").fit_transform(digits), n_neighbors=5))
                    for seed in (1, 2)],
}
pathlib.Path(__file__).with_name("tsne_goldens.json").write_text(json.dumps(golden) + "\n")
