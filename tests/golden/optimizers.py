"""Writes what the optimisers of PyTorch do, and Lion's, which PyTorch does not have.

    pip install -r requirements.txt
    python optimizers.py

Two JSON files appear next to this script, each a list of records, written as make_golden.py
writes its own. Both say of each optimiser which settings it was given, under the names that
lora-train has for them; null is a setting that was not given, which leaves the optimiser its own.

steps.json: float32 parameters under made-up gradients, to the last bit. Both start with 39 numbers
that are 0.7; the second is decayed and has 4 times the learning rate. Gradient i (from 0) of step
s (from 0) is u / 2**31 - 1 over i + 1, where u is (i + 1) * 2654435761 * (s + 1) modulo 2**32; it
is multiplied by 1/39. `plain` and `decayed` are the bit patterns after 50 steps. Square roots are
correctly rounded here: a PyTorch with MKL leaves one in six of them off by a last bit.

optimizers.json: trainings of 20 steps of an adapter that PEFT made, as in trajectories.json. The
groups are those of PEFT's create_loraplus_optimizer, for a ratio of 1 as well; with `decay_bias`
its group without decay is decayed like the others. `step_losses` are from before each step.
"""

import inspect
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from peft.optimizers import create_loraplus_optimizer
from torch import nn

from make_golden import Training, adapted, factors_of, flat, problem, recipe_of, train, write

SETTINGS = ["beta1", "beta2", "eps", "momentum", "nesterov", "weight_decay"]


class Lion(torch.optim.Optimizer):
    """Lion as its paper has it (arXiv 2302.06675, algorithm 2), decaying as AdamW does."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        """One step of every parameter."""
        for group in self.param_groups:
            (beta1, beta2), lr = group["betas"], group["lr"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                direction = m.mul(beta1).add(p.grad, alpha=1 - beta1).sign()
                p.mul_(1 - lr * group["weight_decay"]).add_(direction, alpha=-lr)
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)


CLASSES = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "lion": Lion,
}


def arguments(name, settings):
    """The settings but for weight decay, as the class of that name wants them."""
    chosen = {key: settings[key] for key in ("eps", "momentum", "nesterov") if key in settings}
    if name == "rmsprop":
        return chosen | ({"alpha": settings["beta2"]} if "beta2" in settings else {})
    if "beta1" in settings:
        chosen["betas"] = (settings["beta1"], settings["beta2"])
    return chosen


def weight_decay_of(name, settings):
    """The weight decay, or the class's own."""
    own = inspect.signature(CLASSES[name]).parameters["weight_decay"].default
    return settings.get("weight_decay", own)


def settings_record(name, settings):
    """The optimiser and its settings, with null for what was not given."""
    return {"optimizer": name, **{key: settings.get(key) for key in SETTINGS}}


# ---- steps -------------------------------------------------------------------------------------

STEPS, NUMBERS = 50, 39

STEP_SETTINGS = [
    ("adam", {}),
    ("adam", {"beta1": 0.3, "beta2": 0.9, "eps": 1e-3}),
    ("adam", {"weight_decay": 0.1}),
    ("adamw", {}),
    ("adamw", {"beta1": 0.3, "beta2": 0.9, "eps": 1e-3}),
    ("adamw", {"weight_decay": 0.5}),
    ("sgd", {}),
    ("sgd", {"weight_decay": 0.1}),
    ("sgd", {"momentum": 0.9, "weight_decay": 0.1}),
    ("sgd", {"momentum": 0.7, "nesterov": True, "weight_decay": 0.1}),
    ("rmsprop", {}),
    ("rmsprop", {"beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("rmsprop", {"momentum": 0.8, "weight_decay": 0.1}),
    ("adagrad", {}),
    ("adagrad", {"eps": 1e-3, "weight_decay": 0.1}),
    ("lion", {}),
    ("lion", {"beta1": 0.5, "beta2": 0.8, "weight_decay": 0.1}),
]


def gradient(step):
    """Fractions of many digits with both signs."""
    places = np.arange(1, NUMBERS + 1, dtype=np.uint32)
    mixed = places * np.uint32(2654435761) * np.uint32(step + 1)
    values = (mixed.astype(np.float64) / 2**31 - 1).astype(np.float32) / places.astype(np.float32)
    return torch.from_numpy(values * np.float32(1 / NUMBERS))


@contextmanager
def rounded_square_roots():
    """Give tensors NumPy's square root for a while."""
    own = torch.Tensor.sqrt
    torch.Tensor.sqrt = lambda tensor: torch.from_numpy(np.sqrt(tensor.numpy()))
    try:
        yield
    finally:
        torch.Tensor.sqrt = own


def bits(tensor):
    """The float32 bit patterns of a tensor."""
    return flat(tensor.detach().view(torch.int32).to(torch.int64) & 0xFFFFFFFF)


def steps_record(name, settings, lr=0.01):
    """Two parameters after STEPS steps."""
    plain = torch.full((NUMBERS,), 0.7, requires_grad=True)
    decayed = torch.full((NUMBERS,), 0.7, requires_grad=True)
    decay = weight_decay_of(name, settings)
    groups = [
        {"params": [plain], "weight_decay": 0.0},
        {"params": [decayed], "weight_decay": decay, "lr": 4 * lr},
    ]
    optimizer = CLASSES[name](groups, lr=lr, **arguments(name, settings))
    for step in range(STEPS):
        plain.grad = gradient(step)
        decayed.grad = gradient(step)
        with rounded_square_roots():
            optimizer.step()
    return {
        **settings_record(name, settings),
        "lr": lr,
        "steps": STEPS,
        "plain": bits(plain),
        "decayed": bits(decayed),
    }


# ---- trainings ---------------------------------------------------------------------------------

WHOLE = Training(0, "mse", 18, 5, 3, rank=2, alpha=4, batch_size=0, epochs=20)
BATCHES = replace(WHOLE, loss="cross_entropy", n=22, batch_size=6, epochs=5, bias="all")


@dataclass(frozen=True)
class Case:
    """An optimiser with its settings, and what it trains."""

    optimizer: str
    training: Training
    lr: float
    settings: dict = field(default_factory=dict)
    lr_b_ratio: float = 1.0
    decay_bias: bool = False


CASES = [
    Case("adam", WHOLE, 0.02),
    Case("adam", BATCHES, 0.01, {"weight_decay": 0.1}),
    Case("adam", BATCHES, 0.01, {"weight_decay": 0.1}, lr_b_ratio=4, decay_bias=True),
    Case("adamw", BATCHES, 0.02),
    Case("adamw", WHOLE, 0.02, {"weight_decay": 0.3}, lr_b_ratio=8),
    Case("adamw", BATCHES, 0.05, {"beta1": 0.6, "beta2": 0.9, "eps": 1e-4}, decay_bias=True),
    Case("sgd", WHOLE, 0.05),
    Case("sgd", BATCHES, 0.1, {"weight_decay": 0.05}, decay_bias=True),
    Case("sgd", BATCHES, 0.05, {"momentum": 0.9}),
    Case("sgd", BATCHES, 0.02, {"momentum": 0.8, "weight_decay": 0.05}, lr_b_ratio=4),
    Case("sgd", BATCHES, 0.05, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.02}),
    Case("rmsprop", BATCHES, 0.01),
    Case("rmsprop", WHOLE, 0.005, {"beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1}, lr_b_ratio=2),
    Case("rmsprop", BATCHES, 0.003, {"momentum": 0.8, "weight_decay": 0.1}, decay_bias=True),
    Case("adagrad", BATCHES, 0.05),
    Case("adagrad", WHOLE, 0.05, {"weight_decay": 0.1}, lr_b_ratio=4),
    Case("adagrad", BATCHES, 0.05, {"eps": 0.01, "weight_decay": 0.1}, decay_bias=True),
    Case("lion", BATCHES, 0.003),
    Case("lion", WHOLE, 0.003, {"weight_decay": 0.5}, lr_b_ratio=4),
    Case("lion", BATCHES, 0.003, {"beta1": 0.6, "beta2": 0.8, "weight_decay": 0.5}, decay_bias=True),
]


def optimizer_for(case, model):
    """The optimiser of a case, in PEFT's groups."""
    decay = weight_decay_of(case.optimizer, case.settings)
    optimizer = create_loraplus_optimizer(
        model,
        CLASSES[case.optimizer],
        lr=case.lr,
        loraplus_lr_ratio=case.lr_b_ratio,
        loraplus_weight_decay=decay,
        **arguments(case.optimizer, case.settings),
    )
    if case.decay_bias:
        optimizer.param_groups[-1]["weight_decay"] = decay
    return optimizer


def case_record(number, case):
    """The training of a case, whose seed is its number."""
    training = replace(case.training, seed=number)
    base, x, wanted = problem(training)
    start = {"W": flat(base.weight), "b_initial": flat(base.bias)}
    model = adapted(training, base)
    lora_a, lora_b = factors_of(model)
    step_losses, _ = train(training, model, optimizer_for(case, model), x, wanted)
    return {
        **recipe_of(training),
        "lr": case.lr,
        **settings_record(case.optimizer, case.settings),
        "lr_b_ratio": float(case.lr_b_ratio),
        "decay_bias": case.decay_bias,
        "x": flat(x),
        "targets" if training.loss == "mse" else "labels": flat(wanted),
        **start,
        "step_losses": step_losses,
        "A": flat(lora_a),
        "B": flat(lora_b),
        "b": flat(base.bias),
    }


def main():
    """Make both files."""
    torch.set_num_threads(1)
    write("steps.json", [steps_record(name, settings) for name, settings in STEP_SETTINGS])
    write("optimizers.json", [case_record(number, case) for number, case in enumerate(CASES)])


if __name__ == "__main__":
    main()
