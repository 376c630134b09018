"""Writes the learning rates of Hugging Face transformers' schedules and of PyTorch's plateau.

    pip install -r requirements.txt
    python schedules.py

Two JSON files appear next to this script, each a list of records, written as make_golden.py
writes its own.

schedules.json: `rates` are those of one step after another, first that of the first step, under
the settings of the record; its names are lora-train's, and `reference` says who computed it. A
`cosine` with a `min_lr` is transformers' cosine_with_min_lr. transformers has no min_lr for
cosine_with_restarts, PyTorch has: there without a warm-up. For reduce_lr_on_plateau the rates are
those before the first of the `figures` and after each of them.

warmup_steps.json: `steps` are what transformers makes of the warm-up ratio and each of `totals`.
"""

import math
import warnings
from types import SimpleNamespace

import torch
import transformers
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from transformers import TrainingArguments, get_scheduler

from make_golden import write

TRANSFORMERS = f"transformers {transformers.__version__}"
PYTORCH = f"torch {torch.__version__}"
BEYOND = 4  # steps after the last of the run

DEFAULTS = {
    "lr": 0.01,
    "total_steps": 20,
    "warmup_steps": 0,
    "min_lr": 0.0,
    "cycles": 1,
    "power": 1.0,
    "decay_steps": 2,
    "patience": 10,
    "factor": 0.1,
}


def optimizer_at(lr):
    """An optimiser of one number, which never moves."""
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


def rates_of(scheduler, optimizer, count):
    """The rates of `count` steps."""
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


# ---- rates that follow from the step -----------------------------------------------------------

CASES = [
    ("constant", {}),
    ("constant", {"lr": 0.3, "total_steps": 7}),
    ("constant_with_warmup", {}),
    ("constant_with_warmup", {"warmup_steps": 7}),
    ("constant_with_warmup", {"warmup_steps": 30}),
    ("linear", {}),
    ("linear", {"warmup_steps": 3, "lr": 3e-4}),
    ("linear", {"warmup_steps": 6, "total_steps": 37}),
    ("linear", {"warmup_steps": 20}),
    ("linear", {"warmup_steps": 22}),
    ("linear", {"total_steps": 1}),
    ("cosine", {}),
    ("cosine", {"warmup_steps": 3, "lr": 3e-4}),
    ("cosine", {"warmup_steps": 6, "total_steps": 37}),
    ("cosine", {"warmup_steps": 22}),
    ("cosine", {"min_lr": 0.001}),
    ("cosine", {"min_lr": 0.0003, "warmup_steps": 5, "total_steps": 29, "lr": 0.007}),
    ("cosine_with_restarts", {}),
    ("cosine_with_restarts", {"cycles": 3}),
    ("cosine_with_restarts", {"cycles": 4, "warmup_steps": 6, "total_steps": 37, "lr": 3e-4}),
    ("cosine_with_restarts", {"warmup_steps": 22, "cycles": 2}),
    ("cosine_with_restarts", {"cycles": 2, "total_steps": 32, "min_lr": 0.002}),
    ("polynomial", {}),
    ("polynomial", {"min_lr": 1e-7}),
    ("polynomial", {"power": 2.0, "warmup_steps": 3, "lr": 3e-4}),
    ("polynomial", {"power": 0.5, "min_lr": 0.001, "warmup_steps": 6, "total_steps": 37}),
    ("polynomial", {"power": 3.7, "min_lr": 0.004, "lr": 0.007}),
    ("polynomial", {"warmup_steps": 22, "min_lr": 0.001}),
    ("inverse_sqrt", {}),
    ("inverse_sqrt", {"warmup_steps": 1}),
    ("inverse_sqrt", {"warmup_steps": 7, "total_steps": 40, "lr": 3e-4}),
    ("inverse_sqrt", {"warmup_steps": 30}),
    ("warmup_stable_decay", {}),
    ("warmup_stable_decay", {"warmup_steps": 3, "decay_steps": 8, "lr": 3e-4}),
    ("warmup_stable_decay", {"warmup_steps": 4, "decay_steps": 7, "min_lr": 0.001}),
    ("warmup_stable_decay", {"warmup_steps": 6, "decay_steps": 31, "total_steps": 37}),
    ("warmup_stable_decay", {"warmup_steps": 12, "decay_steps": 14, "min_lr": 0.002}),
    ("warmup_stable_decay", {"warmup_steps": 22, "decay_steps": 5}),
    ("warmup_stable_decay", {"warmup_steps": 2, "decay_steps": 0}),
]


def transformers_rates(name, settings):
    """The rates of transformers' schedule of that name, up to BEYOND steps after the run."""
    lr, min_lr = settings["lr"], settings["min_lr"]
    own = {
        "cosine": {"min_lr": min_lr} if min_lr else {},
        "cosine_with_restarts": {"num_cycles": settings["cycles"]},
        "polynomial": {"lr_end": min_lr, "power": settings["power"]},
        "warmup_stable_decay": {
            "num_decay_steps": settings["decay_steps"],
            "min_lr_ratio": min_lr / lr,
        },
    }
    optimizer = optimizer_at(lr)
    scheduler = get_scheduler(
        "cosine_with_min_lr" if name == "cosine" and min_lr else name,
        optimizer,
        num_warmup_steps=settings["warmup_steps"],
        num_training_steps=settings["total_steps"],
        scheduler_specific_kwargs=own.get(name),
    )
    return rates_of(scheduler, optimizer, settings["total_steps"] + BEYOND)


def restarts_to_min_lr(settings):
    """PyTorch's cosine with restarts, which goes on after the run."""
    assert settings["warmup_steps"] == 0
    optimizer = optimizer_at(settings["lr"])
    cycle = settings["total_steps"] // settings["cycles"]
    scheduler = CosineAnnealingWarmRestarts(optimizer, cycle, eta_min=settings["min_lr"])
    return rates_of(scheduler, optimizer, settings["total_steps"])


def case_record(name, changes):
    """A schedule under its settings."""
    settings = DEFAULTS | changes
    by_pytorch = name == "cosine_with_restarts" and settings["min_lr"] > 0
    rates = restarts_to_min_lr(settings) if by_pytorch else transformers_rates(name, settings)
    reference = PYTORCH if by_pytorch else TRANSFORMERS
    return {"schedule": name, "reference": reference, **settings, "rates": rates}


# ---- rates that follow from the figures --------------------------------------------------------

FALLING = [2 * 0.9**epoch for epoch in range(8)]
# After 1: better by just less and just more than the threshold, equal, worse, infinite.
ABOUT_ONE = [1.0, 0.99995, 0.9999, 0.99989, 0.9998, 1.5, math.nextafter(0.99989 * 0.9999, 0), 7e300]

PLATEAUS = [
    ({}, FALLING + [1.0] * 40),
    ({"patience": 0, "factor": 0.5}, ABOUT_ONE + FALLING + ABOUT_ONE),
    ({"patience": 1, "factor": 0.3}, ABOUT_ONE * 4),
    ({"patience": 2, "factor": 0.7, "min_lr": 0.004}, [3.0, 2.0] + [2.5] * 20 + [1.0, 0.5] * 3),
    # The last falls are of less than 1e-8, by factor and by min_lr.
    ({"patience": 0, "factor": 0.1, "lr": 3e-6}, [1.0] * 12),
    ({"patience": 0, "factor": 0.1, "lr": 1.5e-3, "min_lr": 1.499995e-3}, [1.0] * 6),
    ({"patience": 0, "factor": 0.9, "lr": 0.3, "min_lr": 0.3}, [1.0] * 6),
]


def plateau_record(changes, figures):
    """ReduceLROnPlateau with its defaults where nothing else is said."""
    settings = DEFAULTS | changes
    optimizer = optimizer_at(settings["lr"])
    own = {key: settings[key] for key in ("patience", "factor", "min_lr")}
    scheduler = get_scheduler("reduce_lr_on_plateau", optimizer, scheduler_specific_kwargs=own)
    rates = [settings["lr"]]
    for figure in figures:
        scheduler.step(figure)
        rates.append(optimizer.param_groups[0]["lr"])
    return {
        "schedule": "reduce_lr_on_plateau",
        "reference": PYTORCH,
        **settings,
        "figures": figures,
        "rates": rates,
    }


# ---- warm-ups ----------------------------------------------------------------------------------

RATIOS = [0.0, 0.01, 0.03, 0.05, 0.06, 0.07, 0.1, 0.14, 0.28, 0.3, 0.55, 0.57, 0.9]
TOTALS = [1, 3, 10, 25, 30, 50, 99, 100, 101, 300, 700, 1000, 1234567]


def warmup_record(ratio):
    """The warm-up steps that transformers' Trainer takes."""
    arguments = SimpleNamespace(warmup_steps=ratio)
    steps = [TrainingArguments.get_warmup_steps(arguments, total) for total in TOTALS]
    return {"ratio": ratio, "reference": TRANSFORMERS, "totals": TOTALS, "steps": steps}


def main():
    """Make both files."""
    warnings.filterwarnings("ignore", module="torch.optim.lr_scheduler")
    cases = [case_record(name, changes) for name, changes in CASES]
    write("schedules.json", cases + [plateau_record(*plateau) for plateau in PLATEAUS])
    write("warmup_steps.json", [warmup_record(ratio) for ratio in RATIOS])


if __name__ == "__main__":
    main()
