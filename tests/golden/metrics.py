"""Writes metrics.json, what the losses and metrics of some outputs are by PyTorch and scikit-learn.

    pip install -r requirements.txt
    python metrics.py

metrics.json is a list of records, written as make_golden.py writes its own. All inputs fit into a
float32; everything else is computed from them in float64. `weights` are the rows' (scikit-learn's
sample_weight) and absent if there are none. Matrices are flat, row after row. null stands for
what is not a number.

Both kinds have `loss_sum`, the weighted sum of the rows' losses, `loss_weight`, what it is divided
by for the mean, and, if it is short, `gradient`, the sum's by `outputs`.

regression: `outputs` and `targets` of (n, out); the loss is nn.MSELoss's; `mse`, `rmse`, `mae` and
`r2` of each target; the metrics `mean_rmse`, `mean_mae` and `mean_r2`.

classification: `outputs` of (n, out) and `labels`; the loss is nn.CrossEntropyLoss's, with
`class_weights` if there are some; `confusion` (label, predicted); `precision`, `recall`, `f1` and
`support` of each class, null where a class is neither a label nor predicted; the metrics
`accuracy`, `macro_f1` and `log_loss`; `balanced`, the class weights that scikit-learn calls so, 1
where it has none.

scikit-learn counts a class as occurring even if all its rows have weight 0. lora-train takes such
a row as absent, so it is left out here before scikit-learn is asked for metrics.
"""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from make_golden import flat, write

SHORT = 60


def rounded(numbers, step=1 / 64):
    """Multiples of the step: exact in float32 and short to write."""
    return np.round(numbers / step) * step


def counted(weights, *arrays):
    """The rows that count: their weights (None if all are 1) and what else there is of them."""
    if weights is None:
        return None, *arrays
    kept = weights > 0
    return weights[kept], *(array[kept] for array in arrays)


def loss_fields(outputs, row_losses, row_weights):
    """Sum, weight and gradient, where row_weights is what each row adds to the weight."""
    y = torch.tensor(outputs, requires_grad=True)
    loss = row_losses(y).sum()
    loss.backward()
    fields = {"loss_sum": loss.item(), "loss_weight": float(row_weights.sum())}
    return fields | ({"gradient": flat(y.grad)} if outputs.size <= SHORT else {})


def given(name, numbers):
    """A field for an input that may be absent; refuses what a float32 would round."""
    if numbers is None:
        return {}
    if (numbers.astype(np.float32) != numbers).any():
        raise ValueError(f"{name} do not fit into a float32")
    return {name: numbers.reshape(-1).tolist()}


# ---- regression --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Regression:
    """Outputs and targets of (n, out)."""

    name: str
    outputs: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None = None


def regression_record(case):
    """One regression with all its figures."""
    out = case.targets.shape[1]
    w = np.ones(len(case.targets)) if case.weights is None else case.weights
    targets = torch.tensor(case.targets)

    def row_losses(y):
        squares = functional.mse_loss(y, targets, reduction="none")
        return torch.tensor(w) * squares.sum(dim=1)

    weights, t, y = counted(case.weights, case.targets, case.outputs)

    def of(metric, multioutput):
        return metric(t, y, sample_weight=weights, multioutput=multioutput)

    def each(metric):
        return of(metric, "raw_values").tolist()

    def mean(metric):
        return float(of(metric, "uniform_average"))

    enough = len(t) > 1  # scikit-learn has no R2 of one row
    return {
        "kind": "regression",
        "name": case.name,
        "n": len(case.targets),
        "out": out,
        "mean_rmse": mean(metrics.root_mean_squared_error),
        "mean_mae": mean(metrics.mean_absolute_error),
        "mean_r2": mean(metrics.r2_score) if enough else None,
        **loss_fields(case.outputs, row_losses, w * out),
        **given("outputs", case.outputs),
        **given("targets", case.targets),
        **given("weights", case.weights),
        "mse": each(metrics.mean_squared_error),
        "rmse": each(metrics.root_mean_squared_error),
        "mae": each(metrics.mean_absolute_error),
        "r2": each(metrics.r2_score) if enough else [None] * out,
    }


def regressions():
    """Random errors on targets of all sorts."""
    random = np.random.default_rng(1)

    def near(targets, error=0.5, step=1 / 64):
        return targets + rounded(error * random.standard_normal(targets.shape), step)

    two = rounded(random.standard_normal((6, 2)) * [1, 20])
    weights = np.array([1, 0.25, 3, 0, 2.5, 1])
    outputs = near(two)
    yield Regression("two targets", outputs, two)
    yield Regression("two targets, weighted", outputs, two, weights)

    constant = np.column_stack([np.full(5, 2.5), np.full(5, -7.0), rounded(np.arange(5.0))])
    outputs = near(constant)
    outputs[:, 0] = 2.5
    yield Regression("constant targets: hit, missed; one that is not", outputs, constant)
    yield Regression("constant targets, weighted", outputs, constant, np.array([2, 1, 0.5, 1, 3]))

    outlier = np.array([[1e5], [3.25], [3.25], [3.25]])
    yield Regression("constant but for a row of weight 0", near(outlier), outlier, np.arange(4.0))

    large = 1e6 + rounded(3 * random.random(7), 1 / 16)
    years = np.column_stack([np.arange(1990.0, 2021.0, 5), large])
    outputs = near(years, 0.5, 1 / 16)
    yield Regression("years, and a large mean", outputs, years)
    yield Regression("years, weighted", outputs, years, rounded(random.random(7) + 0.5))

    many = rounded(3 * random.standard_normal((5, 40)) + 10)
    yield Regression("many targets", near(many), many, rounded(random.random(5) + 0.5))

    one = np.array([[1.5, -2.0]])
    yield Regression("one row", near(one), one)
    yield Regression("two rows", near(two[:2]), two[:2])
    yield Regression("outputs of no use", near(two, 40), two)


# ---- classification ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Classification:
    """Logits of (n, classes) and labels."""

    name: str
    outputs: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None = None
    class_weights: np.ndarray | None = None


def log_loss(case, w):
    """The mean over rows; from scikit-learn where its clipping of probabilities does nothing."""
    y, labels = torch.tensor(case.outputs), torch.tensor(case.labels)
    likelihoods = functional.log_softmax(y, dim=1)
    row_losses = functional.nll_loss(likelihoods, labels, reduction="none").numpy()
    if case.outputs.shape[1] == 1 or row_losses.max() > 30:
        return float(np.average(row_losses, weights=w))
    classes = np.arange(case.outputs.shape[1])
    return metrics.log_loss(case.labels, likelihoods.exp().numpy(), sample_weight=w, labels=classes)


def class_figures(labels, predicted, weights, classes):
    """Precision, recall, F1 and support of each class, None for what does not occur."""
    present = np.union1d(labels, predicted)
    figures = metrics.precision_recall_fscore_support(
        labels, predicted, labels=present, sample_weight=weights, zero_division=0
    )
    fields = {}
    for name, values in zip(("precision", "recall", "f1", "support"), figures, strict=True):
        absent = 0.0 if name == "support" else None
        fields[name] = [absent] * classes
        for label, value in zip(present, values, strict=True):
            fields[name][label] = float(value)
    return fields


def balanced(labels, weights, classes):
    """The balanced weights of the classes that occur, and 1 for the others."""
    present = np.unique(labels)
    result = np.ones(classes)
    result[present] = compute_class_weight(
        "balanced", classes=present, y=labels, sample_weight=weights
    )
    return result.tolist()


def classification_record(case):
    """One classification with all its figures."""
    classes = case.outputs.shape[1]
    w = np.ones(len(case.labels)) if case.weights is None else case.weights
    c = np.ones(classes) if case.class_weights is None else case.class_weights

    def row_losses(y):
        losses = functional.cross_entropy(
            y, torch.tensor(case.labels), weight=torch.tensor(c), reduction="none"
        )
        return torch.tensor(w) * losses

    # argmax of NumPy takes the first of equal outputs.
    weights, labels, predicted = counted(case.weights, case.labels, case.outputs.argmax(axis=1))
    confusion = metrics.confusion_matrix(
        labels, predicted, labels=np.arange(classes), sample_weight=weights
    )
    return {
        "kind": "classification",
        "name": case.name,
        "n": len(case.labels),
        "out": classes,
        "accuracy": float(metrics.accuracy_score(labels, predicted, sample_weight=weights)),
        "macro_f1": float(
            metrics.f1_score(
                labels, predicted, average="macro", zero_division=0, sample_weight=weights
            )
        ),
        "log_loss": float(log_loss(case, w)),
        **loss_fields(case.outputs, row_losses, w * c[case.labels]),
        **given("outputs", case.outputs),
        "labels": case.labels.tolist(),
        **given("weights", case.weights),
        **given("class_weights", case.class_weights),
        "confusion": confusion.astype(float).reshape(-1).tolist(),
        **class_figures(labels, predicted, weights, classes),
        "balanced": balanced(labels, weights, classes),
    }


def classifications():
    """Random logits, some of which favour the label."""
    random = np.random.default_rng(2)

    def logits(labels, classes, favour=1.5):
        numbers = random.standard_normal((len(labels), classes))
        numbers[np.arange(len(labels)), labels] += favour
        return rounded(numbers)

    labels = np.array([0, 1, 2, 2, 1, 0, 2, 2])
    outputs = logits(labels, 3)
    weights = np.array([1, 0.25, 3, 0, 2.5, 1, 0.125, 7])
    class_weights = np.array([0.375, 2.25, 1.75])
    yield Classification("three classes", outputs, labels)
    yield Classification("row weights", outputs, labels, weights)
    yield Classification("class weights", outputs, labels, None, class_weights)
    yield Classification("both weights", outputs, labels, weights, class_weights)
    yield Classification("a class of weight 0", outputs, labels, weights, np.array([1, 0, 2.5]))

    some = np.array([0, 2, 4, 4, 2, 0, 0])
    outputs = logits(some, 5, favour=4)
    outputs[1] = [0, 3, 1, -2, 0]
    yield Classification("class 1 only predicted, class 3 never", outputs, some)
    yield Classification("class 0 only with weight 0", outputs, some, (some > 0) * 1.5)

    ties = np.array([0, 1, 2, 0, 1, 2])
    yield Classification("ties", np.tile([[1.0, 1.0, 0.5], [0.0, 2.0, 2.0]], (3, 1)), ties)

    gaps = np.array([[1000.0, 0, -1000], [88.75, 0, 3], [-3e4, -2e4, -1e4], [40, 0, 0]])
    yield Classification("large gaps", gaps, np.array([2, 1, 0, 0]))
    yield Classification("large gaps, weighted", gaps, np.array([2, 1, 0, 0]), np.arange(4.0))

    halves = np.array([0, 1, 1, 1, 0, 1])
    yield Classification("all right", logits(halves, 2, favour=9), halves)
    yield Classification("all wrong", logits(halves, 2, favour=-9), halves)
    yield Classification("one class", rounded(random.standard_normal((3, 1))), np.zeros(3, int))

    ten = random.integers(10, size=60)
    yield Classification("ten classes", logits(ten, 10), ten, rounded(random.random(60)))


def main():
    """Make the file."""
    records = [regression_record(case) for case in regressions()]
    records += [classification_record(case) for case in classifications()]
    write("metrics.json", records)


if __name__ == "__main__":
    main()
