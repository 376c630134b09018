"""Writes the expected numbers that the C++ tests compare with, from PyTorch and PEFT.

    pip install -r requirements.txt
    python make_golden.py

Four JSON files appear next to this script, each a list of records. A float stands there as the
shortest decimal of its double, so reading it as a double and rounding to float32 gives back the
same float32. Integers can need all of 64 bits (seeds, random_int64): do not read them as
doubles. Matrices are flat, row after row. Weights have nn.Linear's shapes: W (out, in),
A (rank, in), B (out, rank).

demos.json: runs of demo.py, with one loss an epoch, from before the epoch's step. `losses` are
summed in double and rounded once to float32, as lora-train does; `mse_losses` are nn.MSELoss's
own. With one or two samples, float32 rounding alone can move a loss by more than lora-train may
be off by; the small demos here are ones where it does not.

draws.json: {seed, calls}. The calls are made one after the other on the global generator after
manual_seed(seed), so each depends on the state that the earlier ones left. A call is
{call, args, result}. Results are float32 bit patterns, as {count, sum_bits, bits}: how many
values, the sum of all their patterns modulo 2**64, and the patterns of at most the first 40;
or they are `values`, integers. The calls:

    manual_seed        {seed}                seeds again; no result
    rand               {n}                   torch.rand(n)
    randn              {n}                   torch.randn(n)
    uniform            {n, bound}            torch.empty(n).uniform_(-bound, bound)
    normal             {n, std}              torch.empty(n).normal_(0, std)
    kaiming            {rows, cols}          kaiming_uniform_ of (rows, cols) with a = sqrt(5)
    linear_weight_bias {in, out}             nn.Linear(in, out): its weight, then its bias
    lora_a             {in, out, rank}       A of an adapter that PEFT puts on nn.Linear(in, out);
                                             its B is 0, the base draws nothing here
    dropout            {n, p}                dropout(ones(n), p) in training
    random_int64       {}                    torch.empty((), dtype=int64).random_(): one value
    randint            {n, low, high}        torch.randint(low, high, (n,)): n values
    randperm           {n}                   torch.randperm(n): n values
    dataloader_order   {n, shuffle, epochs}  one DataLoader(range(n), shuffle=shuffle) gone through
                                             epochs times: epochs * n values

Dropout is as on any processor but Intel's, where a PyTorch with MKL draws in another way.

gradients.json: y = x W^T + b + scale x A^T B^T and its loss, in float64. `loss_sum` is the sum
of the squared errors (mse; `targets`) or of the rows' cross entropies (cross_entropy; `labels`),
and dA, dB, db, dx are its derivatives. `weight` is what the sum is divided by for the mean. The
inputs and the scale fit into a float32.

trajectories.json: trainings in float32 of an adapter that PEFT made. W and b_initial are given;
then come manual_seed(seed) and get_peft_model (A_initial; B starts at 0); then each epoch is one
pass through a DataLoader on the global generator, or one step with all rows if batch_size is 0.
`step_losses` are from before each step; `epoch_losses` are their means over an epoch, weighted by
rows, in float64; A, B and b are what training ended with. The weight decay of torch.optim.Adam
touches every parameter that it is given, biases too. Here a trained bias sits in a group of its
own without decay, because lora-train decays no bias unless asked to.
"""

import json
import math
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from demo import Demo
from demo import run as run_demo

SHOWN_BITS = 40


# ---- writing -----------------------------------------------------------------------------------


def flat(tensor):
    """The elements of a tensor, row after row, as Python numbers."""
    return tensor.detach().reshape(-1).tolist()


def as_json(record):
    """One record: its scalars on the first line, then a line for each list or for each call."""
    scalars = {key: value for key, value in record.items() if not isinstance(value, list)}
    fields = [json.dumps(scalars, allow_nan=False)[1:-1]]
    for key, value in record.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            calls = ",\n  ".join(json.dumps(call, allow_nan=False) for call in value)
            fields.append(f'"{key}": [\n  {calls}]')
        elif isinstance(value, list):
            fields.append(f'"{key}": {json.dumps(value, allow_nan=False, separators=(",", ":"))}')
    return "{" + ",\n ".join(fields) + "}"


def write(name, records):
    """Write a list of records next to this script."""
    text = "[\n" + ",\n".join(as_json(record) for record in records) + "\n]\n"
    path = Path(__file__).with_name(name)
    path.write_text(text, encoding="ascii")
    print(f"{name}: {len(records)} records, {len(text)} bytes")


# ---- demos -------------------------------------------------------------------------------------

DEMOS = [
    # The contract's two.
    Demo(),
    Demo(bias="all"),
    # Seeds: only the low 32 bits reach the generator.
    Demo(seed=0),
    Demo(seed=1, bias="all"),
    Demo(seed=2**32 + 5, inputs=40, samples=200),
    Demo(seed=2**40 + 123, inputs=24, outputs=5, rank=3, samples=120, bias="all"),
    Demo(seed=2**63 - 1, inputs=17, outputs=6, rank=2, samples=90),
    # Fewer than 16 normals in a draw; an odd number leaves one of a pair for the next such draw.
    Demo(seed=8, inputs=1, outputs=1, rank=1, samples=1, epochs=50),
    Demo(seed=4, inputs=3, outputs=2, rank=1, samples=4, epochs=20),
    Demo(seed=5, inputs=5, outputs=1, rank=3, samples=7, epochs=20),
    Demo(seed=6, inputs=7, outputs=3, rank=1, samples=5, epochs=20, bias="all"),
    Demo(seed=7, inputs=1, outputs=3, rank=1, samples=5, epochs=20),
    Demo(seed=8, inputs=1, outputs=4, rank=3, samples=13, epochs=20),
    Demo(seed=9, inputs=3, outputs=5, rank=5, samples=9, epochs=20),
    Demo(seed=32, samples=1),
    # Shapes: a rank above the outputs, above both sides; multiples of 16 and none.
    Demo(seed=11, inputs=20, outputs=3, rank=6, samples=50),
    Demo(seed=12, inputs=4, outputs=3, rank=12, samples=30, bias="all"),
    Demo(seed=13, inputs=13, outputs=7, rank=3, samples=101),
    Demo(seed=14, inputs=33, outputs=17, rank=5, samples=77),
    Demo(seed=15, inputs=16, outputs=16, rank=16, samples=16),
    Demo(seed=16, inputs=300, outputs=20, rank=8, samples=700, epochs=20),
    # One output.
    Demo(seed=17, outputs=1, samples=300),
    Demo(seed=18, inputs=10, outputs=1, rank=2, samples=40, epochs=50, bias="all"),
    Demo(seed=19, inputs=1, outputs=1, rank=1, samples=100, epochs=30),
    # Scales 0.5, 2 and 3.7.
    Demo(seed=20, alpha=2.0),
    Demo(seed=21, inputs=24, outputs=6, rank=3, alpha=6.0, samples=150, bias="all"),
    Demo(seed=22, inputs=30, outputs=8, rank=5, alpha=18.5, samples=200),
    # Other rates, and from one epoch to many.
    Demo(seed=23, samples=500, epochs=1),
    Demo(seed=24, inputs=20, outputs=4, rank=2, samples=80, epochs=30, lr=0.001),
    Demo(seed=25, inputs=20, outputs=4, rank=2, samples=80, epochs=30, lr=0.05),
    Demo(epochs=50),
    Demo(seed=26, inputs=32, outputs=8, rank=2, samples=250, epochs=100, bias="all"),
    Demo(seed=27, inputs=16, outputs=4, rank=2, alpha=1.0, samples=64, epochs=300),
]


def demo_record(demo):
    """A demo's settings, counts and losses."""
    result = run_demo(demo)
    return {
        "seed": demo.seed,
        "in": demo.inputs,
        "out": demo.outputs,
        "rank": demo.rank,
        "alpha": float(demo.rank) if demo.alpha is None else demo.alpha,
        "samples": demo.samples,
        "epochs": demo.epochs,
        "bias": demo.bias,
        "lr": demo.lr,
        "trainable": result.trainable,
        "total": result.total,
        "losses": result.losses,
        "mse_losses": result.mse_losses,
    }


# ---- draws -------------------------------------------------------------------------------------


def kaiming(args):
    """nn.Linear's own draw of a weight."""
    weight = torch.empty(args["rows"], args["cols"])
    return nn.init.kaiming_uniform_(weight, a=math.sqrt(5))


def linear_weight_bias(args):
    """A new nn.Linear's weight and bias in one row."""
    linear = nn.Linear(args["in"], args["out"])
    return torch.cat([linear.weight.flatten(), linear.bias])


def lora_a(args):
    """The A that PEFT draws; the base is made without touching the generator."""
    state = torch.get_rng_state()
    base = nn.Sequential(OrderedDict(linear=nn.Linear(args["in"], args["out"])))
    torch.set_rng_state(state)
    model = get_peft_model(base, LoraConfig(r=args["rank"], target_modules=["linear"]))
    return model.base_model.model.linear.lora_A["default"].weight


def dataloader_order(args):
    """The rows that one loader hands out, epoch after epoch."""
    loader = DataLoader(range(args["n"]), shuffle=args["shuffle"])
    return torch.tensor([int(row) for _ in range(args["epochs"]) for row in loader])


CALLS = {
    "manual_seed": lambda args: torch.manual_seed(args["seed"]),
    "rand": lambda args: torch.rand(args["n"]),
    "randn": lambda args: torch.randn(args["n"]),
    "uniform": lambda args: torch.empty(args["n"]).uniform_(-args["bound"], args["bound"]),
    "normal": lambda args: torch.empty(args["n"]).normal_(0, args["std"]),
    "kaiming": kaiming,
    "linear_weight_bias": linear_weight_bias,
    "lora_a": lora_a,
    "dropout": lambda args: functional.dropout(torch.ones(args["n"]), args["p"]),
    "random_int64": lambda args: torch.empty((), dtype=torch.int64).random_(),
    "randint": lambda args: torch.randint(args["low"], args["high"], (args["n"],)),
    "randperm": lambda args: torch.randperm(args["n"]),
    "dataloader_order": dataloader_order,
}


def randn(*counts):
    """A randn for each count."""
    return [("randn", {"n": n}) for n in counts]


def seeded(seed):
    """A new seed in the middle of a sequence."""
    return ("manual_seed", {"seed": seed})


def rand(n):
    """A rand, which also shows the state that earlier calls left."""
    return ("rand", {"n": n})


def two_epochs(n, shuffle):
    """Two epochs of a DataLoader, and the state after them."""
    return [("dataloader_order", {"n": n, "shuffle": shuffle, "epochs": 2}), rand(2)]


MIXED_SIZES = [*randn(5, 3, 17, 16, 15, 1), rand(7)]
INTEGERS = [
    ("randperm", {"n": 1}),
    ("randperm", {"n": 10}),
    ("random_int64", {}),
    ("random_int64", {}),
    ("randint", {"n": 12, "low": 0, "high": 10}),
    ("randint", {"n": 5, "low": -3, "high": 4}),
    rand(2),
]

DRAWS = [
    (0, MIXED_SIZES),
    (42, MIXED_SIZES),
    (2**32 + 5, MIXED_SIZES),
    (2**63 - 1, MIXED_SIZES),
    # A kept normal outlives everything but a seed.
    (1, [*randn(1), rand(3), *randn(64), ("randperm", {"n": 5}), *randn(2, 2, 33, 1)]),
    (2, [*randn(3), seeded(2), *randn(3), seeded(9), *randn(2)]),
    # Below, at and above whole blocks of 16.
    (3, randn(14, 15, 16, 17, 31, 32, 33, 47, 48, 49)),
    (42, [*randn(1000), rand(2)]),
    (0, [*randn(100003), rand(2), *randn(2)]),
    (7, [rand(1000), rand(100003), rand(1)]),
    (42, [("normal", {"n": 7, "std": 0.25}), ("normal", {"n": 40, "std": 0.125}), rand(2)]),
    (42, [("linear_weight_bias", {"in": 7, "out": 5}), rand(2)]),
    (42, [("linear_weight_bias", {"in": 64, "out": 10}), rand(2)]),
    (2**63 - 1, [("linear_weight_bias", {"in": 1, "out": 1}), *randn(3), rand(2)]),
    (5, [("kaiming", {"rows": 4, "cols": 64}), ("kaiming", {"rows": 8, "cols": 3}), rand(2)]),
    (0, [("uniform", {"n": 30, "bound": 1 / math.sqrt(7)}), ("uniform", {"n": 9, "bound": 3.0})]),
    (42, [("lora_a", {"in": 64, "out": 10, "rank": 4}), rand(2)]),
    (6, [("lora_a", {"in": 5, "out": 3, "rank": 2}), ("lora_a", {"in": 3, "out": 2, "rank": 4})]),
    (42, [("dropout", {"n": 100, "p": 0.3}), ("dropout", {"n": 20, "p": 0.5}), rand(2)]),
    (0, INTEGERS),
    (42, INTEGERS),
    (2**63 - 1, INTEGERS),
    (0, [("randperm", {"n": 1000}), rand(2)]),
    (0, two_epochs(10, True) + two_epochs(37, True)),
    (42, two_epochs(37, True)),
    (2**32 + 5, two_epochs(10, True)),
    (2**63 - 1, [*randn(3), *two_epochs(37, True), *randn(1)]),
    (42, two_epochs(10, False) + two_epochs(37, False)),
]


def result_of(name, args):
    """Make one call and describe what came back."""
    result = CALLS[name](args)
    if name == "manual_seed":
        return {}
    if result.dtype == torch.int64:
        return {"values": flat(result)}
    patterns = flat(result.detach().contiguous().view(torch.int32).to(torch.int64) & 0xFFFFFFFF)
    return {
        "count": len(patterns),
        "sum_bits": sum(patterns) % 2**64,
        "bits": patterns[:SHOWN_BITS],
    }


def draw_record(seed, calls):
    """A seed and what the calls after it return."""
    torch.manual_seed(seed)
    return {
        "seed": seed,
        "calls": [{"call": name, "args": args, **result_of(name, args)} for name, args in calls],
    }


# ---- gradients ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class GradientCase:
    """Sizes of a gradient check; a `logit` above 0 stretches x until the largest |y| is near it."""

    seed: int
    loss: str
    n: int
    inputs: int
    outputs: int
    rank: int
    scale: float
    logit: float = 0.0


GRADIENTS = [
    GradientCase(1, "mse", n=5, inputs=7, outputs=3, rank=2, scale=0.5),
    GradientCase(2, "mse", n=1, inputs=4, outputs=3, rank=1, scale=2.0),
    GradientCase(3, "mse", n=1, inputs=1, outputs=1, rank=1, scale=3.0),
    GradientCase(4, "mse", n=6, inputs=4, outputs=2, rank=5, scale=1.5),
    GradientCase(5, "mse", n=8, inputs=5, outputs=1, rank=2, scale=0.25),
    GradientCase(6, "mse", n=257, inputs=2, outputs=1, rank=1, scale=0.5),
    GradientCase(7, "mse", n=300, inputs=3, outputs=2, rank=2, scale=2.0),
    GradientCase(8, "cross_entropy", n=5, inputs=7, outputs=3, rank=2, scale=0.5),
    GradientCase(9, "cross_entropy", n=1, inputs=6, outputs=4, rank=2, scale=2.0),
    GradientCase(10, "cross_entropy", n=7, inputs=3, outputs=2, rank=4, scale=1.5),
    GradientCase(11, "cross_entropy", n=3, inputs=4, outputs=1, rank=2, scale=0.5),
    GradientCase(12, "cross_entropy", n=300, inputs=3, outputs=4, rank=2, scale=0.75),
    GradientCase(13, "cross_entropy", n=4, inputs=6, outputs=5, rank=2, scale=0.75, logit=80.0),
    GradientCase(14, "cross_entropy", n=9, inputs=5, outputs=10, rank=3, scale=2.0, logit=120.0),
]


def gradient_record(case):
    """Inputs, and what float64 autograd makes of them."""
    generator = torch.Generator().manual_seed(case.seed)

    def draw(*shape):
        """Normals with 10 binary places: exact in float32 and short to write."""
        numbers = torch.randn(*shape, dtype=torch.float64, generator=generator)
        return torch.round(numbers * 1024) / 1024

    def output():
        return x @ w.T + b + case.scale * (x @ lora_a.T @ lora_b.T)

    x = draw(case.n, case.inputs)
    w, b = draw(case.outputs, case.inputs), draw(case.outputs)
    lora_a, lora_b = draw(case.rank, case.inputs), draw(case.outputs, case.rank)
    if case.logit > 0:
        x = torch.round(x * case.logit / output().abs().max() * 1024) / 1024
    inputs = {"x": flat(x), "W": flat(w), "b": flat(b), "A": flat(lora_a), "B": flat(lora_b)}

    for tensor in (x, b, lora_a, lora_b):
        tensor.requires_grad_()
    y = output()
    if case.loss == "mse":
        targets = draw(case.n, case.outputs)
        inputs["targets"] = flat(targets)
        loss, weight = (y - targets).square().sum(), case.n * case.outputs
    else:
        # Stretched logits get the least likely label, so that the loss is as large as it can be.
        random_labels = torch.randint(case.outputs, (case.n,), generator=generator)
        labels = y.detach().argmin(dim=1) if case.logit > 0 else random_labels
        inputs["labels"] = flat(labels)
        loss, weight = functional.cross_entropy(y, labels, reduction="sum"), case.n
    loss.backward()

    return {
        "loss": case.loss,
        "n": case.n,
        "in": case.inputs,
        "out": case.outputs,
        "rank": case.rank,
        "scale": case.scale,
        "alpha": case.scale * case.rank,
        "weight": weight,
        "loss_sum": loss.item(),
        **inputs,
        "y": flat(y),
        "dA": flat(lora_a.grad),
        "dB": flat(lora_b.grad),
        "db": flat(b.grad),
        "dx": flat(x.grad),
    }


# ---- trajectories ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Training:
    """One training: sizes, adapter, batches and Adam's settings."""

    seed: int
    loss: str
    n: int
    inputs: int
    outputs: int
    rank: int
    alpha: float
    batch_size: int
    epochs: int
    shuffle: bool = True
    bias: str = "none"
    lr: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.0


TRAININGS = [
    # The whole set at once.
    Training(42, "mse", 20, 6, 3, rank=2, alpha=4, batch_size=0, epochs=25),
    Training(0, "cross_entropy", 30, 8, 4, rank=2, alpha=1, batch_size=0, epochs=30, bias="all"),
    # Batches in order and shuffled; 37 rows leave 5 for the last batch of 8.
    Training(1, "mse", 37, 6, 3, rank=2, alpha=4, batch_size=8, epochs=6, shuffle=False),
    Training(2, "mse", 37, 6, 3, rank=2, alpha=4, batch_size=8, epochs=6),
    Training(3, "cross_entropy", 37, 8, 5, rank=3, alpha=6, batch_size=8, epochs=6),
    Training(4, "cross_entropy", 60, 7, 3, rank=2, alpha=3, batch_size=16, epochs=8, bias="all"),
    Training(5, "cross_entropy", 50, 7, 3, rank=2, alpha=3, batch_size=16, epochs=8, shuffle=False),
    Training(2**32 + 5, "mse", 52, 9, 2, rank=4, alpha=2, batch_size=13, epochs=20),
    # A batch larger than the set, batches of one row, a last batch of one row.
    Training(6, "mse", 25, 5, 2, rank=1, alpha=0.5, batch_size=64, epochs=24),
    Training(7, "mse", 11, 4, 1, rank=1, alpha=2, batch_size=1, epochs=3),
    Training(2**63 - 1, "cross_entropy", 60, 12, 5, rank=1, alpha=3, batch_size=59, epochs=15),
    # A rank above both sides.
    Training(9, "mse", 33, 4, 2, rank=5, alpha=2, batch_size=10, epochs=8, bias="all"),
    # Other settings of Adam.
    Training(
        seed=10,
        loss="cross_entropy",
        n=41,
        inputs=6,
        outputs=4,
        rank=2,
        alpha=8,
        batch_size=12,
        epochs=8,
        lr=0.02,
        beta1=0.8,
        beta2=0.95,
        eps=1e-6,
    ),
    Training(11, "mse", 45, 6, 3, 3, alpha=1.5, batch_size=10, epochs=8, weight_decay=0.1),
    Training(
        seed=12,
        loss="mse",
        n=37,
        inputs=5,
        outputs=4,
        rank=2,
        alpha=4,
        batch_size=8,
        epochs=8,
        bias="all",
        weight_decay=0.05,
    ),
    Training(
        seed=13,
        loss="cross_entropy",
        n=40,
        inputs=10,
        outputs=3,
        rank=2,
        alpha=5,
        batch_size=9,
        epochs=10,
        bias="all",
        lr=0.003,
        beta1=0.95,
        beta2=0.99,
        eps=1e-4,
        weight_decay=0.01,
    ),
]


def problem(training):
    """Rows, what they should give, and a base; from a seed that is not the training's."""
    torch.manual_seed(training.seed % 1000 + 1000)
    base = nn.Linear(training.inputs, training.outputs)
    x = torch.randn(training.n, training.inputs)
    goal = torch.randn(training.outputs, training.inputs)
    y = x @ goal.T + 0.5 * torch.randn(training.n, training.outputs)
    return base, x, y if training.loss == "mse" else y.argmax(dim=1)


def batches_of(training, x, wanted):
    """What an epoch goes through, again and again."""
    if training.batch_size == 0:
        return [(x, wanted)]
    rows = TensorDataset(x, wanted)
    return DataLoader(rows, batch_size=training.batch_size, shuffle=training.shuffle)


def optimizer_for(training, adapter, bias):
    """Adam with the adapter decayed and the bias, if it is trained, not."""
    groups = [{"params": adapter, "weight_decay": training.weight_decay}]
    if bias.requires_grad:
        groups.append({"params": [bias], "weight_decay": 0.0})
    betas = (training.beta1, training.beta2)
    return torch.optim.Adam(groups, lr=training.lr, betas=betas, eps=training.eps)


def adapted(training, base):
    """The base with the adapter that PEFT draws for it."""
    torch.manual_seed(training.seed)
    config = LoraConfig(
        r=training.rank,
        lora_alpha=training.alpha,
        target_modules=["linear"],
        init_lora_weights=True,
        bias=training.bias,
    )
    return get_peft_model(nn.Sequential(OrderedDict(linear=base)), config)


def factors_of(model):
    """A and B of an adapted model."""
    layer = model.base_model.model.linear
    return layer.lora_A["default"].weight, layer.lora_B["default"].weight


def train(training, model, optimizer, x, wanted):
    """Train, and return every step's loss and every epoch's."""
    mean_loss = nn.MSELoss() if training.loss == "mse" else nn.CrossEntropyLoss()
    batches = batches_of(training, x, wanted)
    step_losses, epoch_losses = [], []
    for _ in range(training.epochs):
        weighted = 0.0
        for rows, rows_wanted in batches:
            optimizer.zero_grad()
            loss = mean_loss(model(rows), rows_wanted)
            loss.backward()
            optimizer.step()
            step_losses.append(loss.item())
            weighted += loss.item() * len(rows)
        epoch_losses.append(weighted / training.n)
    return step_losses, epoch_losses


def recipe_of(training):
    """What a record says of its training, but for the optimiser's other settings."""
    return {
        "loss": training.loss,
        "n": training.n,
        "in": training.inputs,
        "out": training.outputs,
        "rank": training.rank,
        "alpha": float(training.alpha),
        "seed": training.seed,
        "batch_size": training.batch_size,
        "shuffle": training.shuffle and training.batch_size > 0,
        "epochs": training.epochs,
        "bias": training.bias,
        "lr": training.lr,
    }


def trajectory_record(training):
    """Train an adapter made by PEFT and keep every step's loss."""
    base, x, wanted = problem(training)
    start = {"W": flat(base.weight), "b_initial": flat(base.bias)}
    model = adapted(training, base)
    lora_a, lora_b = factors_of(model)
    start["A_initial"] = flat(lora_a)
    optimizer = optimizer_for(training, [lora_a, lora_b], base.bias)
    step_losses, epoch_losses = train(training, model, optimizer, x, wanted)

    return {
        **recipe_of(training),
        "beta1": training.beta1,
        "beta2": training.beta2,
        "eps": training.eps,
        "weight_decay": training.weight_decay,
        "x": flat(x),
        "targets" if training.loss == "mse" else "labels": flat(wanted),
        **start,
        "step_losses": step_losses,
        "epoch_losses": epoch_losses,
        "A": flat(lora_a),
        "B": flat(lora_b),
        "b": flat(base.bias),
    }


def main():
    """Make all four files."""
    torch.set_num_threads(1)
    write("demos.json", [demo_record(demo) for demo in DEMOS])
    write("draws.json", [draw_record(seed, calls) for seed, calls in DRAWS])
    write("gradients.json", [gradient_record(case) for case in GRADIENTS])
    write("trajectories.json", [trajectory_record(training) for training in TRAININGS])


if __name__ == "__main__":
    main()
