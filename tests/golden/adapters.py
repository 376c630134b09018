"""Writes what the adapters of PEFT do, and PyTorch's training of a whole weight.

    pip install -r requirements.txt
    python adapters.py

Two JSON files appear next to this script, each a list of records, written as make_golden.py
writes its own.

factors.json: what an adapter starts with. {init, in, out, rank, alpha, seed, fan_in_fan_out, W};
then manual_seed(seed) and get_peft_model. `A` and `B` are the factors, `product` is B A; `next` is
torch.rand(2) afterwards. W is flat, as the layer stores it: (in, out) with `fan_in_fan_out`.

adapters.json: trainings of 20 steps, as in optimizers.json, with one group of parameters and one
of biases (which are not decayed). `method` is lora, dora or dense (the layer's own weight is
trained, and there is no adapter). `alpha` is such that alpha / rank is the scale, with rsLoRA as
well; W is flat, as the layer stores it. `A`, `B`, `magnitude`, `weight` (dense) and `b` are what
training ended with. The signs of PiSSA's singular vectors are anybody's choice: of these, `product`
is B A. `adapted` is the weight that the adapted layer has at the end, (out, in), as PEFT merges it.
`converted` is the product of the factors that PEFT's conversion to a plain adapter makes of one
whose start was taken out of the weight; it makes none of one that comes with biases. Dropout is
as on any processor but Intel's, where a PyTorch with MKL draws in another way.
"""

import math
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from torch import nn
from transformers.pytorch_utils import Conv1D

from make_golden import Training, flat, problem, recipe_of, train, write

# ---- the layer ---------------------------------------------------------------------------------


def stored(base, fan_in_fan_out):
    """The layer as GPT-2 stores it, if so wished."""
    if not fan_in_fan_out:
        return base
    conv = Conv1D(base.out_features, base.in_features)
    conv.weight.data = base.weight.data.T.contiguous()
    conv.bias.data = base.bias.data.clone()
    return conv


def adapted(training, base, **settings):
    """The base with the adapter that PEFT draws for it."""
    torch.manual_seed(training.seed)
    config = LoraConfig(
        r=training.rank,
        lora_alpha=training.alpha,
        target_modules=["linear"],
        bias=training.bias,
        fan_in_fan_out=isinstance(base, Conv1D),
        **settings,
    )
    return get_peft_model(nn.Sequential(OrderedDict(linear=base)), config)


def layer_of(model):
    """The one adapted layer."""
    return model.base_model.model.linear


# ---- factors -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """An initialisation, and for which layer."""

    init: str
    seed: int
    inputs: int
    outputs: int
    rank: int
    alpha: float
    fan_in_fan_out: bool = False


STARTS = [
    Start("gaussian", 1, 5, 3, rank=2, alpha=4),  # fewer than 16 numbers
    Start("gaussian", 42, 13, 7, rank=3, alpha=1.5),
    Start("gaussian", 2, 16, 4, rank=8, alpha=8, fan_in_fan_out=True),
    Start("orthogonal", 3, 5, 3, rank=2, alpha=4),
    Start("orthogonal", 42, 12, 7, rank=4, alpha=1),
    Start("orthogonal", 4, 9, 10, rank=8, alpha=24),
    Start("orthogonal", 5, 3, 2, rank=6, alpha=6, fan_in_fan_out=True),
    Start("pissa", 6, 5, 3, rank=2, alpha=4),
    Start("pissa", 42, 7, 12, rank=3, alpha=1),
    Start("pissa", 7, 6, 4, rank=4, alpha=2, fan_in_fan_out=True),
    Start("olora", 8, 5, 3, rank=2, alpha=4),
    Start("olora", 42, 7, 12, rank=3, alpha=1),
    Start("olora", 9, 12, 7, rank=7, alpha=2),
    Start("olora", 10, 4, 4, rank=4, alpha=2),
]


def factors_record(start):
    """The factors of an adapter before its training."""
    training = Training(
        start.seed, "mse", 1, start.inputs, start.outputs, start.rank, start.alpha, 0, 1
    )
    base, _, _ = problem(training)
    base = stored(base, start.fan_in_fan_out)
    weight = flat(base.weight)
    layer = layer_of(adapted(training, base, init_lora_weights=start.init))
    lora_a, lora_b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    return {
        "init": start.init,
        "in": start.inputs,
        "out": start.outputs,
        "rank": start.rank,
        "alpha": float(start.alpha),
        "seed": start.seed,
        "fan_in_fan_out": start.fan_in_fan_out,
        "W": weight,
        "A": flat(lora_a),
        "B": flat(lora_b),
        "product": flat(lora_b @ lora_a),
        "next": flat(torch.rand(2)),
    }


# ---- trainings ---------------------------------------------------------------------------------

WHOLE = Training(0, "mse", 18, 5, 3, rank=2, alpha=5, batch_size=0, epochs=20, lr=0.02)
BATCHES = replace(WHOLE, loss="cross_entropy", n=22, batch_size=6, epochs=5, bias="all")


@dataclass(frozen=True)
class Case:
    """What is trained, and how."""

    method: str
    training: Training
    init: str = "kaiming"
    rslora: bool = False
    dropout: float = 0.0
    fan_in_fan_out: bool = False
    optimizer: str = "adam"


CASES = [
    Case("lora", WHOLE, "gaussian"),
    Case("lora", BATCHES, "orthogonal"),
    Case("lora", WHOLE, "pissa"),
    Case("lora", BATCHES, "pissa", rslora=True, fan_in_fan_out=True),
    Case("lora", BATCHES, "olora"),
    Case("lora", WHOLE, "olora", optimizer="adamw"),
    Case("lora", BATCHES, dropout=0.1),
    Case("lora", BATCHES, "pissa", dropout=0.5),
    Case("dora", WHOLE),
    Case("dora", WHOLE, rslora=True),
    Case("dora", BATCHES),
    Case("dora", BATCHES, "gaussian", fan_in_fan_out=True),
    Case("dora", WHOLE, "orthogonal", optimizer="adamw"),
    Case("dora", BATCHES, "pissa", rslora=True),
    Case("dora", WHOLE, "olora"),
    Case("dora", BATCHES, dropout=0.1),
    Case("dora", BATCHES, "olora", dropout=0.4),
    Case("dora", BATCHES, dropout=0.3, fan_in_fan_out=True),
    Case("dense", WHOLE),
    Case("dense", replace(BATCHES, weight_decay=0.1)),
    Case("dense", replace(BATCHES, weight_decay=0.3), optimizer="adamw"),
    Case("dense", WHOLE, fan_in_fan_out=True, optimizer="adamw"),
]


def optimizer_for(case, trained, bias):
    """Adam or AdamW with the bias, if it is trained, not decayed."""
    training = case.training
    groups = [{"params": trained, "weight_decay": training.weight_decay}]
    if bias.requires_grad:
        groups.append({"params": [bias], "weight_decay": 0.0})
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[case.optimizer]
    return kind(groups, lr=training.lr)


def as_out_in(weight, fan_in_fan_out):
    """A stored weight as (out, in)."""
    return weight.T if fan_in_fan_out else weight


def dense_record(case, base, x, wanted):
    """Train the layer itself."""
    torch.manual_seed(case.training.seed)
    base.bias.requires_grad_(case.training.bias == "all")
    optimizer = optimizer_for(case, [base.weight], base.bias)
    losses, _ = train(case.training, base, optimizer, x, wanted)
    weight = flat(as_out_in(base.weight, case.fan_in_fan_out))
    return {"step_losses": losses, "weight": weight, "adapted": weight, "b": flat(base.bias)}


def save_start(model, directory):
    """Keep an untrained adapter as PEFT's conversion wants it."""
    state = torch.get_rng_state()
    model.peft_config["default"].init_lora_weights = True
    model.save_pretrained(f"{directory}/start")
    torch.set_rng_state(state)


def converted_product(model, directory):
    """B A of the plain adapter that PEFT makes."""
    target = f"{directory}/converted"
    model.save_pretrained(target, path_initial_model_for_weight_conversion=f"{directory}/start")
    tensors = load_file(f"{target}/adapter_model.safetensors")
    (lora_a,) = [value for name, value in tensors.items() if "lora_A" in name]
    (lora_b,) = [value for name, value in tensors.items() if "lora_B" in name]
    return flat(lora_b @ lora_a)


def adapter_record(case, base, x, wanted):
    """Train an adapter."""
    settings = {
        "init_lora_weights": True if case.init == "kaiming" else case.init,
        "use_rslora": case.rslora,
        "use_dora": case.method == "dora",
        "lora_dropout": case.dropout,
    }
    model = adapted(case.training, base, **settings)
    layer = layer_of(model)
    trained = [p for name, p in model.named_parameters() if "lora_" in name]
    optimizer = optimizer_for(case, trained, base.bias)
    # PEFT converts no adapter that comes with biases.
    converts = case.init in ("pissa", "olora") and case.training.bias == "none"
    converted = {}
    with tempfile.TemporaryDirectory() as directory:
        if converts:
            save_start(model, directory)
        losses, _ = train(case.training, model, optimizer, x, wanted)
        if converts:
            converted["converted"] = converted_product(model, directory)

    lora_a, lora_b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    record = {
        "step_losses": losses,
        "A": flat(lora_a),
        "B": flat(lora_b),
        "product": flat(lora_b @ lora_a),
        "b": flat(base.bias),
        **converted,
    }
    if case.method == "dora":
        record["magnitude"] = flat(layer.lora_magnitude_vector["default"].weight)
    layer.merge()
    record["adapted"] = flat(as_out_in(base.weight, case.fan_in_fan_out))
    return record


def case_record(number, case):
    """The training of a case, whose seed is its number."""
    case = replace(case, training=replace(case.training, seed=number))
    training = case.training
    base, x, wanted = problem(training)
    base = stored(base, case.fan_in_fan_out)
    given = {"x": flat(x), "targets" if training.loss == "mse" else "labels": flat(wanted)}
    given |= {"W": flat(base.weight), "b_initial": flat(base.bias)}
    result = (dense_record if case.method == "dense" else adapter_record)(case, base, x, wanted)
    scale = training.alpha / (math.sqrt(training.rank) if case.rslora else training.rank)
    return {
        "method": case.method,
        "init": case.init,
        "rslora": case.rslora,
        "dropout": case.dropout,
        "fan_in_fan_out": case.fan_in_fan_out,
        "optimizer": case.optimizer,
        "weight_decay": training.weight_decay,
        **recipe_of(training),
        "alpha": scale * training.rank,
        **given,
        **result,
    }


def main():
    """Make both files."""
    torch.set_num_threads(1)
    write("factors.json", [factors_record(start) for start in STARTS])
    write("adapters.json", [case_record(number, case) for number, case in enumerate(CASES)])


if __name__ == "__main__":
    main()
