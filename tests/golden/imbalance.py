"""Writes imbalance.json: scores a class and class weights of scikit-learn, weighted cross-entropies of PyTorch.

Run: scripts/python tests/golden/imbalance.py > tests/golden/imbalance.json   (scikit-learn 1.9.1, torch 2.11.0)
"""
import json
import warnings

import numpy
import torch
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight

warnings.simplefilter("ignore")


def scores(num_classes, labels, predictions):
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(num_classes), zero_division=0)
    return {"num_classes": num_classes, "labels": labels, "predictions": predictions,
            "confusion": metrics.confusion_matrix(labels, predictions, labels=range(num_classes)).tolist(),
            "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(),
            "macro_f1": metrics.f1_score(labels, predictions, average="macro", zero_division=0),
            "balanced_accuracy": metrics.balanced_accuracy_score(labels, predictions)}


def random_scores(generator, num_classes, shares, num_images, num_right):
    labels = generator.choice(num_classes, num_images, p=shares)
    predictions = generator.integers(0, num_classes, num_images)
    predictions[:num_right] = labels[:num_right]
    return scores(num_classes, labels.tolist(), predictions.tolist())


def weights(labels):
    present = numpy.unique(labels)
    values = compute_class_weight("balanced", classes=present, y=labels)
    return {"labels": labels, "classes": present.tolist(), "balanced": values.tolist()}


def loss(generator, num_images, class_weights, label_smoothing):
    logits = torch.from_numpy(generator.normal(0.0, 2.0, (num_images, len(class_weights))))
    labels = torch.from_numpy(generator.integers(0, len(class_weights), num_images))
    options = {"weight": torch.tensor(class_weights, dtype=torch.float64), "label_smoothing": label_smoothing}
    entropy = torch.nn.functional.cross_entropy
    return {"logits": logits.tolist(), "labels": labels.tolist(), "class_weights": class_weights,
            "label_smoothing": label_smoothing, "sum": entropy(logits, labels, reduction="sum", **options).item(),
            "mean": entropy(logits, labels, **options).item()}


def main():
    generator = numpy.random.default_rng(4)
    cases = {
        "scores": [
            scores(3, [0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0]),
            scores(4, [0, 0, 0, 2], [0, 0, 2, 2]),  # classes 1 and 3 are met nowhere
            scores(4, [0, 0, 0, 2], [0, 1, 0, 1]),  # class 1 is predicted but absent, class 2 never predicted
            scores(2, [0, 0], [1, 1]),
            random_scores(generator, 5, [0.6, 0.2, 0.1, 0.06, 0.04], 60, 30),
            random_scores(generator, 6, [0.5, 0.5, 0.0, 0.0, 0.0, 0.0], 40, 35),
        ],
        "weights": [weights([0] * 8 + [1] * 3 + [2]), weights([1, 1, 1, 3]), weights([0, 1])],
        "losses": [loss(generator, 7, [0.5, 1.0, 3.0], smoothing) for smoothing in (0.0, 0.1, 0.5)],
    }
    print("{\n" + ",\n".join(
        json.dumps(key) + ": [\n" + ",\n".join(json.dumps(case) for case in some) + "\n]" for key, some in cases.items())
        + "\n}")


if __name__ == "__main__":
    main()
