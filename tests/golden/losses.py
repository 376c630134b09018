"""Writes what the losses of PyTorch and sentence-transformers are, and trainings with them.

    pip install -r requirements.txt
    python losses.py

Two JSON files appear next to this script, each a list of records, written as make_golden.py
writes its own. Both say which loss it is and what it was given, under the names that lora-train
has for it; a setting that is absent was left as it is.

losses.json: `mean`, the loss of `outputs` of (n, out) as PyTorch's own module with that name has
it by default, and `gradient`, its derivatives by the outputs; all of it in float64 from inputs that
fit into a float32. `weights` are whole numbers, as how many rows each row counts: PyTorch was
given the rows so often. bce: `targets` are 0, 1 or between. cosine: 1 - cosine_similarity, mean
over rows. contrastive: the rows are queries, then their documents; it is what
MultipleNegativesRankingLoss computes with a scale of 1 / temperature, and each query's own weight
repeats that query among the same documents. `recall` of 1, 5 and 10 is the share of its queries (by
weight) whose document is among torch.topk's; a document that stands there twice has one row number,
`document_rows`.

loss_trainings.json: trainings of 20 steps of an adapter that PEFT made, as in trajectories.json.
contrastive has batches of queries, then documents, and no targets.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from make_golden import Training, adapted, batches_of, factors_of, flat, problem, recipe_of, write
from metrics import given, rounded

RECALLS = (1, 5, 10)


def scores_of(outputs, temperature):
    """Cosines of all queries with all documents, over the temperature."""
    queries, documents = (functional.normalize(half) for half in outputs.chunk(2))
    return queries @ documents.T / temperature


def contrastive(outputs, repeats, temperature=0.07):
    """The mean over queries of the cross-entropy of their scores, at their own document."""
    scores = scores_of(outputs, temperature)
    labels = torch.arange(len(scores)).repeat_interleave(repeats)
    return functional.cross_entropy(scores.repeat_interleave(repeats, dim=0), labels)


def module_of(loss, settings, dtype):
    """The mean loss of outputs and what they should be."""
    if loss == "mse":
        return nn.MSELoss()
    if loss == "l1":
        return nn.L1Loss()
    if loss == "huber":
        return nn.HuberLoss(delta=settings.get("huber_delta", 1.0))
    if loss == "bce":
        return nn.BCEWithLogitsLoss()
    if loss == "contrastive":
        return lambda y, _: contrastive(y, torch.ones(len(y) // 2).long(), **settings)
    if loss == "cosine":
        return lambda y, t: (1 - functional.cosine_similarity(y, t, eps=1e-8)).mean()
    weights = settings.get("class_weights")
    return nn.CrossEntropyLoss(
        weight=None if weights is None else torch.tensor(weights, dtype=dtype),
        label_smoothing=settings.get("label_smoothing", 0.0),
    )


# ---- values ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A loss, its settings, and what it compares."""

    loss: str
    name: str
    outputs: np.ndarray
    wanted: np.ndarray | None
    settings: dict = field(default_factory=dict)
    weights: np.ndarray | None = None
    document_rows: tuple = ()
    has_ties: bool = False


def mean_of(case, y):
    """The mean loss, each row as often as it counts."""
    if case.loss == "contrastive":
        pairs = len(case.outputs) // 2
        counts = np.ones(pairs) if case.weights is None else case.weights[:pairs]
        return contrastive(y, torch.tensor(counts).long(), **case.settings)
    counts = np.ones(len(case.outputs)) if case.weights is None else case.weights
    repeats = torch.tensor(counts).long()
    wanted = torch.tensor(case.wanted).repeat_interleave(repeats, dim=0)
    module = module_of(case.loss, case.settings, torch.float64)
    return module(y.repeat_interleave(repeats, dim=0), wanted)


def recall_of(case):
    """Recall at 1, 5 and 10, by torch.topk over the documents that differ."""
    scores = scores_of(torch.tensor(case.outputs), 1.0)
    rows = list(case.document_rows) or list(range(len(scores), 2 * len(scores)))
    candidates = sorted(set(rows))
    scores = scores[:, [rows.index(row) for row in candidates]]
    own = torch.tensor([candidates.index(row) for row in rows])
    pairs = len(scores)
    counts = np.ones(pairs) if case.weights is None else case.weights[:pairs]
    result = []
    for k in RECALLS:
        nearest = scores.topk(min(k, len(candidates)), dim=1).indices
        hits = (nearest == own[:, None]).any(dim=1).numpy()
        result.append(float(np.average(hits, weights=counts)))
    return result


def case_record(case):
    """One case with its mean loss and gradient."""
    y = torch.tensor(case.outputs, requires_grad=True)
    mean = mean_of(case, y)
    mean.backward()
    record = {
        "loss": case.loss,
        "name": case.name,
        "n": len(case.outputs),
        "out": case.outputs.shape[1],
        **case.settings,
        "mean": mean.item(),
        **given("outputs", case.outputs),
        **given("weights", case.weights),
        "gradient": flat(y.grad),
    }
    if case.loss == "contrastive":
        if case.document_rows:
            record["document_rows"] = list(case.document_rows)
        return record if case.has_ties else record | {"recall": recall_of(case)}
    if case.loss == "cross_entropy":
        return record | {"labels": case.wanted.tolist()}
    return record | given("targets", case.wanted)


def comparisons(random):
    """Losses of numbers."""

    def near(targets, error=1.0):
        return targets + rounded(error * random.standard_normal(targets.shape))

    targets = rounded(random.standard_normal((7, 3)))
    outputs = near(targets)
    outputs[2, 1] = targets[2, 1]  # no error
    outputs[3, :] = targets[3, :] + [1, -1, 0.25]  # where Huber's pieces meet
    weights = np.array([1.0, 3, 0, 2, 1, 5, 1])
    for loss in ("mse", "l1", "huber", "cosine"):
        yield Case(loss, "plain", outputs, targets)
        yield Case(loss, "weighted", outputs, targets, weights=weights)
        yield Case(loss, "one column", outputs[:, :1], targets[:, :1])
        yield Case(loss, "large errors", near(targets, 1e5), targets)
    for delta in (0.25, 3.0, 100.0):
        yield Case("huber", f"delta {delta}", outputs, targets, {"huber_delta": delta})
    yield Case("huber", "delta, weighted", outputs, targets, {"huber_delta": 0.5}, weights)

    wide = rounded(random.standard_normal((4, 40)))
    yield Case("cosine", "wide", near(wide), wide)
    zeros, some = np.zeros((1, 3)), np.array([[0.5, -1.25, 2]])
    yield Case("cosine", "zeros", np.vstack([zeros, some, zeros]), np.vstack([some, zeros, zeros]))
    across = np.array([[2.0, 1, 0.125]])
    for power in (-26, -28, -30, -40):
        tiny = across * 2.0**power
        yield Case("cosine", f"outputs of 2**{power}", tiny, some)
        yield Case("cosine", f"targets of 2**{power}", some, tiny)
    along = np.vstack([3 * some, -2 * some])
    yield Case("cosine", "along and against", along, np.vstack([some, some]))
    yield Case("cosine", "huge", across * 2.0**100, some * 2.0**90)


def classifications(random):
    """Losses of logits."""
    labels = np.array([0, 1, 2, 3, 1, 0, 2, 2])
    outputs = rounded(2 * random.standard_normal((8, 4)))
    outputs[2] = 0.5  # all equal
    weights = np.array([1.0, 2, 3, 0, 2, 1, 1, 4])
    some = {"class_weights": [0.375, 2.25, 1.75, 1.0]}
    with_zero = {"class_weights": [1.0, 0.0, 2.5, 0.0]}
    for smoothing in (0.0, 0.1, 1.0):
        smooth = {"label_smoothing": smoothing}
        name = f"smoothing {smoothing}"
        yield Case("cross_entropy", name, outputs, labels, smooth)
        yield Case("cross_entropy", f"{name}, weighted", outputs, labels, smooth, weights)
        yield Case("cross_entropy", f"{name}, classes", outputs, labels, smooth | some)
        yield Case("cross_entropy", f"{name}, both", outputs, labels, smooth | some, weights)
        yield Case("cross_entropy", f"{name}, zeros", outputs, labels, smooth | with_zero, weights)
        gaps = np.array([[1000.0, 0, -1000], [88.75, 0, 3], [-3e4, -2e4, -1e4], [40, 0, 0]])
        yield Case("cross_entropy", f"{name}, large", gaps, np.array([2, 1, 0, 0]), smooth)
        one = np.array([[1.5], [-2.0]])
        yield Case("cross_entropy", f"{name}, one class", one, np.array([0, 0]), smooth)

    shares = random.integers(2, size=(6, 4)).astype(float)
    logits = rounded(3 * random.standard_normal((6, 4)))
    logits[1, 2] = 0
    yield Case("bce", "labels", logits, shares)
    yield Case("bce", "labels, weighted", logits, shares, weights=np.array([2.0, 0, 1, 1, 3, 1]))
    yield Case("bce", "one label", logits[:, :1], shares[:, :1])
    yield Case("bce", "probabilities", logits, rounded(random.random((6, 4))))
    large = np.array([[20.0, -20, 40, -40, 89, -104], [1e4, -1e4, 800, -800, 3e38, -3e38]])
    large = large.astype(np.float32).astype(float)
    yield Case("bce", "large, none", large, np.zeros((2, 6)))
    yield Case("bce", "large, all", large, np.ones((2, 6)))
    yield Case("bce", "large, perhaps", large, np.full((2, 6), 0.25))


def retrievals(random):
    """Losses of pairs."""
    queries = rounded(random.standard_normal((12, 6)))
    documents = queries + rounded(1.2 * random.standard_normal((12, 6)))
    outputs = np.vstack([queries, documents])
    weights = np.array([1.0, 2, 1, 1, 3, 1, 1, 1, 5, 1, 2, 1] + [9.0] * 12)
    yield Case("contrastive", "plain", outputs, None)
    for temperature in (0.05, 1.0, 0.01):
        settings = {"temperature": temperature}
        yield Case("contrastive", f"temperature {temperature}", outputs, None, settings)
    yield Case("contrastive", "weighted", outputs, None, {"temperature": 0.25}, weights)
    yield Case("contrastive", "one pair", outputs[[0, 12]], None)
    yield Case("contrastive", "one output", outputs[:, :1], None, has_ties=True)
    yield Case("contrastive", "long and short", outputs * 2.0 ** np.arange(-12, 12)[:, None], None)

    equal = outputs.copy()
    equal[12:16] = equal[12]
    yield Case("contrastive", "equal documents", equal, None, has_ties=True)
    rows = (40, 40, 40, 40, *range(20, 28))
    yield Case("contrastive", "one document of four", equal, None, document_rows=rows)
    zeros = outputs.copy()
    zeros[[1, 14]] = 0
    yield Case("contrastive", "zeros", zeros, None, has_ties=True)
    tiny = outputs.copy()
    tiny[3] *= 2.0**-42
    tiny[20] *= 2.0**-44
    yield Case("contrastive", "hardly more than zeros", tiny, None)
    queries = rounded(random.standard_normal((270, 2)), 1 / 16)
    near = queries + rounded(0.25 * random.standard_normal((270, 2)), 1 / 16)
    many = np.vstack([queries, near])
    yield Case("contrastive", "more than a block", many, None, {"temperature": 0.5}, has_ties=True)


# ---- trainings ---------------------------------------------------------------------------------

WHOLE = Training(0, "mse", 18, 5, 3, rank=2, alpha=4, batch_size=0, epochs=20)
BATCHES = replace(WHOLE, n=22, batch_size=6, epochs=5, bias="all")
PAIRS = replace(WHOLE, n=20, outputs=4, alpha=3)

TRAININGS = [
    ("mse", BATCHES, {}),
    ("l1", WHOLE, {}),
    ("l1", BATCHES, {}),
    ("huber", WHOLE, {}),
    ("huber", BATCHES, {"huber_delta": 0.5}),
    ("cosine", WHOLE, {}),
    ("cosine", BATCHES, {}),
    ("cross_entropy", WHOLE, {"label_smoothing": 0.1}),
    ("cross_entropy", BATCHES, {"label_smoothing": 0.2, "class_weights": [0.5, 2.0, 1.25]}),
    ("cross_entropy", BATCHES, {"class_weights": [0.5, 2.0, 1.25]}),
    ("bce", WHOLE, {}),
    ("bce", BATCHES, {}),
    ("contrastive", PAIRS, {}),
    ("contrastive", replace(PAIRS, n=32, batch_size=8, epochs=5, shuffle=False), {}),
    ("contrastive", replace(PAIRS, bias="all"), {"temperature": 0.5}),
]


def wanted_of(loss, y):
    """What a row should give, made of numbers."""
    if loss == "cross_entropy":
        return y.argmax(dim=1)
    if loss == "bce":
        return torch.where(y.abs() < 0.3, 0.25, (y > 0).float())
    return y


def train(training, model, optimizer, mean_loss, x, wanted):
    """Train, and return every step's loss."""
    losses = []
    batches = batches_of(training, x, wanted)
    for _ in range(training.epochs):
        for rows, rows_wanted in batches:
            optimizer.zero_grad()
            loss = mean_loss(model(rows), rows_wanted)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def training_record(number, loss, training, settings):
    """A training whose seed is its number."""
    training = replace(training, seed=number, lr=0.02)
    base, x, y = problem(training)
    wanted = wanted_of(loss, y)
    start = {"W": flat(base.weight), "b_initial": flat(base.bias)}
    model = adapted(training, base)
    factors = factors_of(model)
    bias = [base.bias] if training.bias == "all" else []
    optimizer = torch.optim.Adam([*factors, *bias], lr=training.lr)
    mean_loss = module_of(loss, settings, torch.float32)
    losses = train(training, model, optimizer, mean_loss, x, wanted)
    targets = {"labels" if loss == "cross_entropy" else "targets": flat(wanted)}
    return {
        **recipe_of(training),
        "loss": loss,
        **settings,
        "x": flat(x),
        **({} if loss == "contrastive" else targets),
        **start,
        "step_losses": losses,
        "A": flat(factors[0]),
        "B": flat(factors[1]),
        "b": flat(base.bias),
    }


def main():
    """Make both files."""
    torch.set_num_threads(1)
    random = np.random.default_rng(3)
    cases = [*comparisons(random), *classifications(random), *retrievals(random)]
    write("losses.json", [case_record(case) for case in cases])
    trainings = [training_record(number, *rest) for number, rest in enumerate(TRAININGS)]
    write("loss_trainings.json", trainings)


if __name__ == "__main__":
    main()
