"""Writes what PyTorch and PEFT make of a training on pairs.

    pip install -r requirements.txt
    python pairs.py

pairs.json appears next to this script, a list of one record, written as make_golden.py writes its
own: an adapter on the identity, trained for 20 steps on batches of `pairs` (query and document,
row after row: numbers of rows of `x`) in the order of DataLoader. `step_losses` are those of the
steps. After each epoch `val_losses` has the mean loss over the held-out pairs, in batches of the
same size, and `val_recall_1`, `_5` and `_10` the share of these pairs whose document is among the
nearest of all of their documents. A and B are the trained factors.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from make_golden import Training, adapted, factors_of, flat, write

RECALLS = (1, 5, 10)


@dataclass(frozen=True)
class Problem:
    """Rows, and pairs of their numbers."""

    x: torch.Tensor
    pairs: torch.Tensor
    held_out: torch.Tensor


def problem(training, held_out):
    """Documents, and queries that are turned and disturbed copies of them."""
    torch.manual_seed(training.seed + 1000)
    documents = torch.randn(training.n, training.inputs)
    turn = torch.linalg.qr(torch.randn(training.inputs, training.inputs)).Q
    queries = (documents + 0.3 * torch.randn_like(documents)) @ turn
    numbers = torch.arange(training.n)
    numbers_of_documents = numbers.clone()
    numbers_of_documents[1] = numbers[0]  # a document that answers two queries
    numbers_of_documents[-1] = numbers[-2]
    pairs = torch.stack([training.n + numbers, numbers_of_documents], dim=1)
    return Problem(torch.cat([documents, queries]), pairs[:-held_out], pairs[-held_out:])


def loss_of(model, x, pairs, temperature):
    """The mean cross-entropy of the cosines of each query with the documents of its batch."""
    outputs = functional.normalize(model(x[pairs.T.reshape(-1)]))
    queries, documents = outputs.chunk(2)
    return functional.cross_entropy(queries @ documents.T / temperature, torch.arange(len(pairs)))


def judge(model, rows, batch_size, temperature):
    """The mean loss over held-out pairs, and their recalls."""
    with torch.no_grad():
        sums = [
            len(pairs) * loss_of(model, rows.x, pairs, temperature).item()
            for pairs in rows.held_out.split(batch_size)
        ]
        candidates = rows.held_out[:, 1].unique()
        outputs = functional.normalize(model(rows.x))
        cosines = outputs[rows.held_out[:, 0]] @ outputs[candidates].T
        nearest = candidates[cosines.topk(max(RECALLS), dim=1).indices]
    hits = nearest == rows.held_out[:, 1:]
    recalls = [hits[:, :k].any(dim=1).float().mean().item() for k in RECALLS]
    return sum(sums) / len(rows.held_out), recalls


def record_of(training, held_out, temperature):
    """Train, and keep every step's loss and every epoch's figures."""
    rows = problem(training, held_out)
    base = nn.Linear(training.inputs, training.inputs, bias=False)
    nn.init.eye_(base.weight)
    model = adapted(training, base)
    factors = factors_of(model)
    optimizer = torch.optim.Adam(factors, lr=training.lr)
    batches = DataLoader(TensorDataset(rows.pairs), batch_size=training.batch_size, shuffle=True)
    step_losses, judgements = [], []
    for _ in range(training.epochs):
        for (pairs,) in batches:
            optimizer.zero_grad()
            loss = loss_of(model, rows.x, pairs, temperature)
            loss.backward()
            optimizer.step()
            step_losses.append(loss.item())
        judgements.append(judge(model, rows, training.batch_size, temperature))
    return {
        "rows": len(rows.x),
        "in": training.inputs,
        "rank": training.rank,
        "alpha": float(training.alpha),
        "seed": training.seed,
        "batch_size": training.batch_size,
        "epochs": training.epochs,
        "lr": training.lr,
        "temperature": temperature,
        "x": flat(rows.x),
        "pairs": flat(rows.pairs),
        "held_out": flat(rows.held_out),
        "step_losses": step_losses,
        "val_losses": [loss for loss, _ in judgements],
        **{
            f"val_recall_{k}": [recalls[i] for _, recalls in judgements]
            for i, k in enumerate(RECALLS)
        },
        "A": flat(factors[0]),
        "B": flat(factors[1]),
    }


def main():
    """Make the file."""
    torch.set_num_threads(1)
    training = Training(
        7, "contrastive", 40, 6, 6, rank=2, alpha=5, lr=0.05, batch_size=6, epochs=5
    )
    write("pairs.json", [record_of(training, 18, 0.2)])


if __name__ == "__main__":
    main()
