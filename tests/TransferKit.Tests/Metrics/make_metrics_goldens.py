#!/usr/bin/env python3
"""Makes metrics_goldens.json with scikit-learn's scores. Needs numpy, scipy and scikit-learn 1.2.

A class without samples has no score: macro averages are those of the labels that occur, and per class "null" stands for none.
The expected calibration error, which scikit-learn lacks, is written out from Guo et al. (2017).
"""
import json
import pathlib
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.preprocessing import label_binarize
from sklearn.utils.multiclass import unique_labels

warnings.filterwarnings("ignore")


def scores(truth, predicted, classes):
    result = {}
    occurring = unique_labels(truth) if truth.ndim == 1 else np.flatnonzero(truth.sum(0))
    for average, labels in (("macro", occurring), ("micro", range(classes)), ("weighted", occurring)):
        values = metrics.precision_recall_fscore_support(truth, predicted, labels=labels, average=average, zero_division=0)
        result[average] = [float(value) for value in values[:3]]
    rows = np.array(metrics.precision_recall_fscore_support(truth, predicted, labels=range(classes), zero_division=0)).T
    result["classes"] = [row.tolist() if row[3] else [None, None, None, 0] for row in rows]
    return result


def curves(truth, score):
    false, true, thresholds = metrics.roc_curve(truth, score, drop_intermediate=False)
    precision, recall, least = metrics.precision_recall_curve(truth, score)
    return {
        "roc": np.array([false, true]).T.tolist(), "roc_thresholds": thresholds[1:].tolist(),
        "precision_recall": np.array([precision[:-1], recall[:-1]]).T[::-1].tolist(),
        "precision_recall_thresholds": least[::-1].tolist(),
    }


def intervals():
    cases = ((0, 1), (1, 1), (3, 3), (0, 20), (13, 20), (265, 270), (9999, 10000))
    return [[right, count, *map(float, stats.binomtest(right, count).proportion_ci(method="wilson"))] for right, count in cases]


def softmax(outputs):
    shifted = np.exp(outputs - outputs.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def calibration(probability, truth, bins):
    sure, right = probability.max(1), probability.argmax(1) == truth
    part = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    return float(sum((part == b).mean() * abs(right[part == b].mean() - sure[part == b].mean())
                     for b in range(bins) if (part == b).any()))


def classification(seed, samples, classes, strength, absent=None, named=False, decimals=2):
    random = np.random.RandomState(seed)
    truth = random.choice(classes, samples, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    outputs = random.randn(samples, classes) + strength * np.eye(classes)[truth]
    if absent is not None:
        truth[truth == absent] = (absent + 1) % classes
        if not named:
            outputs[:, absent] = -20
    # Few digits, so that some scores are the same and ties count.
    outputs = np.round(outputs, decimals).astype(np.float32).astype(np.float64)
    probability, predicted = softmax(outputs), outputs.argmax(1)
    result = {
        "outputs": outputs.flatten().tolist(), "labels": truth.tolist(), "classes": classes,
        "scores": scores(truth, predicted, classes),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "kappa": metrics.cohen_kappa_score(truth, predicted),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=range(classes)).tolist(),
        "log_loss": metrics.log_loss(truth, probability, labels=range(classes)),
        "calibration": calibration(probability, truth, 15),
    }
    if classes == 2:
        result["roc_auc"] = {"macro": metrics.roc_auc_score(truth, probability[:, 1])}
        result["average_precision"] = {"macro": metrics.average_precision_score(truth, probability[:, 1])}
    else:
        result["top"] = {str(k): metrics.top_k_accuracy_score(truth, outputs, k=k, labels=range(classes)) for k in (1, 2, 3)}
        each = label_binarize(truth, classes=range(classes))
        if absent is None:
            result["roc_auc"] = {average: metrics.roc_auc_score(truth, probability, multi_class="ovr", average=average)
                                 for average in ("macro", "weighted", "micro")}
        occurring = np.flatnonzero(each.sum(0))
        result["average_precision"] = {
            "macro": float(metrics.average_precision_score(each[:, occurring], probability[:, occurring])),
            **{average: float(abs(metrics.average_precision_score(each, probability, average=average)))
               for average in ("weighted", "micro")},
        }
    return result


def multi_label(seed, samples, classes, absent=None):
    random = np.random.RandomState(seed)
    truth = (random.rand(samples, classes) < np.linspace(0.15, 0.6, classes)).astype(int)
    if absent is not None:
        truth[:, absent] = 0
    outputs = np.round(random.randn(samples, classes) + 1.5 * (truth - 0.5), 1).astype(np.float32).astype(np.float64)
    probability, predicted = 1 / (1 + np.exp(-outputs)), (outputs > 0).astype(int)
    occurring = np.flatnonzero(truth.sum(0))
    result = {
        "outputs": outputs.flatten().tolist(), "targets": truth.flatten().tolist(), "classes": classes,
        "scores": scores(truth, predicted, classes),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "log_loss": float(np.mean([metrics.log_loss(truth[:, c], probability[:, c], labels=[0, 1]) for c in range(classes)])),
        "average_precision": {
            average: float(metrics.average_precision_score(truth[:, labels], probability[:, labels], average=average))
            for average, labels in (("macro", occurring), ("weighted", occurring), ("micro", range(classes)))},
    }
    result["roc_auc"] = {
        average: metrics.roc_auc_score(truth[:, labels], probability[:, labels], average=average)
        for average, labels in (("macro", occurring), ("weighted", occurring), ("micro", range(classes)))}
    result["curves"] = curves(truth[:, 0], probability[:, 0])
    return result


def regression(seed, samples, outputs):
    random = np.random.RandomState(seed)
    truth = np.round(10 * random.randn(samples, outputs) * np.arange(1, outputs + 1), 3).astype(np.float32).astype(np.float64)
    said = np.round(0.8 * truth + 3 * random.randn(samples, outputs), 3).astype(np.float32).astype(np.float64)
    return {
        "outputs": said.flatten().tolist(), "targets": truth.flatten().tolist(), "classes": outputs,
        "mae": metrics.mean_absolute_error(truth, said), "rmse": metrics.mean_squared_error(truth, said, squared=False),
        "r2": metrics.r2_score(truth, said),
    }


if __name__ == "__main__":
    path = pathlib.Path(__file__).resolve().parent / "metrics_goldens.json"
    path.write_text(json.dumps({
        "classification": {
            "two classes": classification(0, 80, 2, 1.0, decimals=1),
            "five classes": classification(1, 150, 5, 1.5, decimals=1),
            "sure": classification(2, 60, 3, 60.0),
            "one class absent": classification(3, 80, 4, 1.0, absent=2),
            "one class only named": classification(8, 80, 4, 1.0, absent=2, named=True),
        },
        "multi_label": {"plain": multi_label(4, 90, 4), "one class absent": multi_label(5, 60, 3, absent=1)},
        "regression": {"one number": regression(6, 50, 1), "three numbers": regression(7, 40, 3)},
        "wilson": intervals(),
    }) + "\n")
    print(path, path.stat().st_size)
