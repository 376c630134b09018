"""Writes what PyTorch's training loop does with clipping and with accumulation.

    pip install -r requirements.txt
    python loops.py

loops.json appears next to this script, a list of records, written as make_golden.py writes its
own: trainings of an adapter that PEFT made, as in trajectories.json. `accumulate` batches make a
step, the last ones of an epoch fewer; the gradient of a step is that of the mean over all of its
rows, as of one large batch. `clip_norm`, if it is above 0, is what clip_grad_norm_ is given, for
all trained parameters together. `step_losses` are the means over the rows of a step, from before
it; `norms` are the gradients' before they are clipped.
"""

from dataclasses import dataclass, replace

import torch
from torch.nn import functional

from make_golden import Training, adapted, batches_of, factors_of, flat, problem, recipe_of, write

BASE = Training(0, "mse", 22, 5, 3, rank=2, alpha=5, batch_size=6, epochs=7, lr=0.02)
CLASSES = replace(BASE, loss="cross_entropy", bias="all")


@dataclass(frozen=True)
class Case:
    """A training, and how its loop goes."""

    training: Training
    accumulate: int = 1
    clip_norm: float = 0.0


CASES = [
    Case(BASE, clip_norm=0.5),
    Case(replace(BASE, batch_size=0, epochs=20), clip_norm=0.1),
    Case(CLASSES, clip_norm=0.05),
    Case(BASE, accumulate=2),
    Case(BASE, accumulate=3),
    Case(CLASSES, accumulate=3),
    Case(replace(BASE, epochs=20), accumulate=9),
    Case(CLASSES, accumulate=2, clip_norm=0.1),
]


def windows(batches, accumulate):
    """The batches of each step."""
    window = []
    for batch in batches:
        window.append(batch)
        if len(window) == accumulate:
            yield window
            window = []
    if window:
        yield window


def step(case, model, optimizer, window):
    """One step; its loss and the norm of its gradient."""
    training = case.training
    rows = sum(len(x) for x, _ in window)
    mean_over = rows * (training.outputs if training.loss == "mse" else 1)
    optimizer.zero_grad()
    total = 0.0
    for x, wanted in window:
        y = model(x)
        if training.loss == "mse":
            loss = functional.mse_loss(y, wanted, reduction="sum") / mean_over
        else:
            loss = functional.cross_entropy(y, wanted, reduction="sum") / mean_over
        loss.backward()
        total += loss.item()
    trained = [p for p in model.parameters() if p.requires_grad]
    limit = case.clip_norm if case.clip_norm > 0 else float("inf")
    norm = torch.nn.utils.clip_grad_norm_(trained, limit)
    optimizer.step()
    return total, norm.item()


def record_of(number, case):
    """The training of a case, whose seed is its number."""
    case = replace(case, training=replace(case.training, seed=number))
    training = case.training
    base, x, wanted = problem(training)
    start = {"W": flat(base.weight), "b_initial": flat(base.bias)}
    model = adapted(training, base)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=training.lr)
    batches = batches_of(training, x, wanted)
    steps = [
        step(case, model, optimizer, window)
        for _ in range(training.epochs)
        for window in windows(batches, case.accumulate)
    ]
    lora_a, lora_b = factors_of(model)
    return {
        "accumulate": case.accumulate,
        "clip_norm": case.clip_norm,
        **recipe_of(training),
        "x": flat(x),
        "targets" if training.loss == "mse" else "labels": flat(wanted),
        **start,
        "step_losses": [loss for loss, _ in steps],
        "norms": [norm for _, norm in steps],
        "A": flat(lora_a),
        "B": flat(lora_b),
        "b": flat(base.bias),
    }


def main():
    """Make the file."""
    torch.set_num_threads(1)
    write("loops.json", [record_of(number, case) for number, case in enumerate(CASES)])


if __name__ == "__main__":
    main()
