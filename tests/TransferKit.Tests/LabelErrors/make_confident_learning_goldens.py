#!/usr/bin/env python3
"""Makes confident_learning_goldens.json: what confident learning (Northcutt et al., 2021) finds in given probabilities. Needs numpy.

Written out from the paper: the thresholds t_j, the sets of samples that are counted in the confident joint (equation 1), its
calibration (equation 3), the samples that "prune by class" and "prune by noise rate" (section 3.2) both take and the model gives
another class, and their order by the normalized margin.
"""
import json
import pathlib

import numpy as np


def count(share, samples):
    """A half counts as one, whichever way its last bit was rounded."""
    return int(round(share * samples, 6) + 0.5)


def confident_learning(labels, probabilities):
    samples, classes = probabilities.shape
    own = probabilities[np.arange(samples), labels]
    thresholds = np.array([own[labels == j].mean() for j in range(classes)])
    confident = probabilities >= thresholds
    likely = np.where(confident.any(1), np.where(confident, probabilities, -1).argmax(1), -1)
    counted = np.zeros((classes, classes))
    np.add.at(counted, (labels[likely >= 0], likely[likely >= 0]), 1)
    joint = counted / counted.sum(1, keepdims=True) * np.bincount(labels, minlength=classes)[:, None] / samples
    others = probabilities.copy()
    others[np.arange(samples), labels] = -1
    margin = own - others.max(1)
    by_class, by_noise_rate = np.zeros(samples, bool), np.zeros(samples, bool)
    for i in range(classes):
        said = np.flatnonzero(labels == i)
        wrong = count(joint[i].sum() - joint[i, i], samples)
        by_class[said[np.argsort(probabilities[said, i], kind="stable")[:wrong]]] = True
        for j in set(range(classes)) - {i}:
            gains = probabilities[said, j] - probabilities[said, i]
            by_noise_rate[said[np.argsort(-gains, kind="stable")[:count(joint[i, j], samples)]]] = True
    errors = np.flatnonzero(by_class & by_noise_rate & (margin < 0))
    return {
        "thresholds": thresholds.tolist(), "likely": likely.tolist(), "joint": joint.tolist(),
        "errors": errors[np.argsort(margin[errors], kind="stable")].tolist(),
    }


def case(classes, samples, noise, sharpness, seed):
    random = np.random.default_rng(seed)
    truth = random.choice(classes, samples, p=random.dirichlet(np.full(classes, 5.0)))
    labels = np.where(random.random(samples) < noise, random.integers(0, classes, samples), truth)
    logits = sharpness * np.eye(classes)[truth] + random.normal(size=(samples, classes))
    # Rounded first, so that both sides begin with the same numbers.
    weights = np.round(np.exp(logits), 4) + 0.0001
    probabilities = np.round(weights / weights.sum(1, keepdims=True), 6)
    return {"classes": classes, "labels": labels.tolist(), "probabilities": probabilities.tolist(),
            **confident_learning(labels, probabilities)}


goldens = [case(2, 120, 0.1, 3.0, 0), case(3, 150, 0.2, 2.0, 1), case(7, 200, 0.15, 2.5, 2)]
pathlib.Path(__file__).with_name("confident_learning_goldens.json").write_text(json.dumps(goldens) + "\n")
