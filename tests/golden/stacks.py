"""Writes what PEFT's adapters do on the layers of a torch.nn.Sequential.

    pip install -r requirements.txt
    python stacks.py

stacks.json appears next to this script, a list of records, written as make_golden.py writes its
own: trainings of 20 steps. `widths` are those of the linear layers from the input on; `modules`
says what the Sequential holds, an activation's name or "linear", so that their positions are the
numbers in the tensors' names. `tensors` are the state dict's, flat. `targets` are the layers that
get an adapter; with `method` full they train their own weights. After
manual_seed(seed) come get_peft_model and the training, as in trajectories.json. `step_losses` are
from before each step; `output` is what the trained model makes of x, in inference.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from peft import LoraConfig, get_peft_model
from torch import nn

from make_golden import Training, flat, train, write

ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}

WHOLE = Training(0, "mse", 18, 5, 3, rank=2, alpha=5, batch_size=0, epochs=20, lr=0.02)
BATCHES = replace(WHOLE, loss="cross_entropy", n=22, batch_size=6, epochs=5)


@dataclass(frozen=True)
class Case:
    """A stack, and what of it is trained how."""

    training: Training
    widths: tuple
    modules: tuple
    targets: tuple = ()
    method: str = "lora"
    init: str = "kaiming"
    rslora: bool = False
    dropout: float = 0.0
    rank_pattern: tuple = ()
    alpha_pattern: tuple = ()
    prefix: str = ""


THREE = (5, 7, 6, 3)
RELUS = ("linear", "relu", "linear", "relu", "linear")

CASES = [
    Case(WHOLE, THREE, RELUS, ("0", "2", "4")),
    Case(BATCHES, THREE, RELUS, ("4",)),
    Case(BATCHES, THREE, RELUS, ("2",)),
    Case(WHOLE, THREE, ("linear", "gelu", "linear", "gelu", "linear"), ("0", "4")),
    Case(WHOLE, THREE, ("linear", "gelu_tanh", "linear", "silu", "linear"), ("0", "2", "4")),
    Case(BATCHES, THREE, ("linear", "tanh", "linear", "linear"), ("0", "2", "3")),
    Case(replace(BATCHES, bias="all"), THREE, RELUS, ("4",)),
    Case(replace(BATCHES, bias="lora_only"), THREE, RELUS, ("2", "4")),
    Case(WHOLE, THREE, RELUS, ("0", "2"), method="dora", rslora=True),
    Case(BATCHES, THREE, RELUS, ("2", "4"), method="dora", dropout=0.2),
    Case(BATCHES, THREE, RELUS, ("0", "4"), init="olora", dropout=0.3),
    Case(WHOLE, THREE, RELUS, ("0", "2", "4"), rank_pattern=(("0", 3), ("4", 1)),
         alpha_pattern=(("2", 7.0),)),
    Case(WHOLE, THREE, RELUS, ("0", "2", "4"), method="full"),
    Case(replace(BATCHES, bias="all"), THREE, RELUS, ("0", "2", "4"), method="full"),
    # Twelve modules: 10 comes after 8, not after 1; and a name before the numbers.
    Case(WHOLE, (5, 4, 4, 4, 4, 4, 3), ("linear", "tanh") * 5 + ("linear",),
         ("2", "10"), prefix="net"),
]  # fmt: skip


def stack(case):
    """The Sequential, from a seed that is not the training's."""
    torch.manual_seed(case.training.seed % 1000 + 1000)
    widths = iter(zip(case.widths[:-1], case.widths[1:]))
    layers = []
    for module in case.modules:
        layers.append(nn.Linear(*next(widths)) if module == "linear" else ACTIVATIONS[module]())
    x = torch.randn(case.training.n, case.widths[0])
    goal = torch.randn(case.widths[-1], case.widths[0])
    y = x @ goal.T + 0.5 * torch.randn(case.training.n, case.widths[-1])
    model = nn.Sequential(*layers)
    if case.prefix:
        model = nn.Sequential(OrderedDict({case.prefix: model}))
    return model, x, y if case.training.loss == "mse" else y.argmax(dim=1)


def adapted(case, base):
    """What is trained, and the model around it."""
    torch.manual_seed(case.training.seed)
    if case.method == "full":
        for name, parameter in base.named_parameters():
            parameter.requires_grad_(name.endswith("weight") or case.training.bias == "all")
        return base
    before = f"{case.prefix}." if case.prefix else ""
    config = LoraConfig(
        r=case.training.rank,
        lora_alpha=case.training.alpha,
        target_modules=[before + target for target in case.targets],
        bias=case.training.bias,
        init_lora_weights=True if case.init == "kaiming" else case.init,
        use_rslora=case.rslora,
        use_dora=case.method == "dora",
        lora_dropout=case.dropout,
        rank_pattern=dict(case.rank_pattern),
        alpha_pattern=dict(case.alpha_pattern),
    )
    return get_peft_model(base, config)


def record_of(number, case):
    """The training of a case, whose seed is its number."""
    case = replace(case, training=replace(case.training, seed=number))
    training = case.training
    base, x, wanted = stack(case)
    tensors = {f"tensor {name}": flat(value) for name, value in base.state_dict().items()}
    model = adapted(case, base)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=training.lr)
    step_losses, _ = train(training, model, optimizer, x, wanted)
    model.eval()
    return {
        "method": case.method,
        "init": case.init,
        "rslora": case.rslora,
        "dropout": case.dropout,
        "bias": training.bias,
        "prefix": case.prefix,
        "rank": training.rank,
        "alpha": float(training.alpha),
        "rank_pattern": ",".join(f"{key}={value}" for key, value in case.rank_pattern),
        "alpha_pattern": ",".join(f"{key}={value}" for key, value in case.alpha_pattern),
        "loss": training.loss,
        "n": training.n,
        "seed": training.seed,
        "batch_size": training.batch_size,
        "epochs": training.epochs,
        "lr": training.lr,
        "widths": list(case.widths),
        "modules": list(case.modules),
        "targets": list(case.targets),
        **tensors,
        "x": flat(x),
        "targets_of_rows" if training.loss == "mse" else "labels": flat(wanted),
        "trainable": sum(parameter.numel() for parameter in trained),
        "step_losses": step_losses,
        "output": flat(model(x)),
    }


def main():
    """Make the file."""
    torch.set_num_threads(1)
    write("stacks.json", [record_of(number, case) for number, case in enumerate(CASES)])


if __name__ == "__main__":
    main()
