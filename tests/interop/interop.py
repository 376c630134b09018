"""Adapters of lora-train in PEFT, and PEFT's in lora-train: the same outputs, to 1e-6 of the largest.

    python interop.py PATH_OF_LORA_TRAIN

Prints a line for each case and ends with 1 if one of them differs.
"""

import subprocess
import sys
import tempfile
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers.pytorch_utils import Conv1D

warnings.simplefilter("error")  # PEFT warns of what it does not understand

PROGRAM = Path(sys.argv[1]).resolve()
IN, OUT, ROWS = 7, 5, 40
TOLERANCE = 1e-6
failures = []


def run(directory, *arguments):
    """lora-train in the directory; its standard output."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"lora-train {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def base(kind):
    """A frozen layer called head: nn.Linear, or GPT-2's Conv1D that keeps its weight as (in, out)."""
    torch.manual_seed(1)
    layer = torch.nn.Linear(IN, OUT) if kind == "linear" else Conv1D(OUT, IN)
    with torch.no_grad():
        layer.bias.normal_()
    return torch.nn.Sequential(OrderedDict(head=layer))


def write_files(directory, kind):
    """The base, features and targets as files."""
    torch.manual_seed(2)
    save_file(base(kind).state_dict(), directory / "base.safetensors", metadata={"format": "pt"})
    np.save(directory / "x.npy", torch.randn(ROWS, IN).numpy())
    np.save(directory / "y.npy", torch.randn(ROWS, OUT).numpy())


def features(directory):
    return torch.from_numpy(np.load(directory / "x.npy"))


def compare(name, actual, expected):
    """Notes a case whose outputs differ by more than the tolerance."""
    actual, expected = np.asarray(actual, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    error = np.abs(actual - expected).max() / np.abs(expected).max()
    print(f"{'ok  ' if error <= TOLERANCE else 'FAIL'} {name}: {error:.1e}")
    if error > TOLERANCE:
        failures.append(name)


def predictions(directory, *arguments):
    run(directory, "predict", "--data", "x.npy", "--output", "out.npy", "--overwrite", *arguments)
    return np.load(directory / "out.npy")


def ours_in_peft(kind, options):
    """Train here, load there."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_files(directory, kind)
        layout = ["--fan-in-fan-out"] if kind == "conv1d" else []
        run(directory, "--data", "x.npy", "--target", "y.npy", "--base", "base.safetensors:head.weight",
            "--epochs", "20", "--lr", "0.05", "--save", "adapter", *layout, *options)
        with torch.no_grad():
            model = PeftModel.from_pretrained(base(kind), directory / "adapter").eval()
            expected = model(features(directory))
        actual = predictions(directory, "--adapter", "adapter")
        compare(f"ours in PEFT, {kind}, {' '.join(options)}", actual, expected)
        check_bytes(directory)
        check_merge(directory, kind, model, layout)


def check_bytes(directory):
    """The file is the one that the format's own writer makes of the same content."""
    ours = directory / "adapter" / "adapter_model.safetensors"
    save_file(load_file(ours), directory / "again.safetensors", metadata={"format": "pt"})
    if ours.read_bytes() != (directory / "again.safetensors").read_bytes():
        failures.append("bytes of adapter_model.safetensors")


def check_merge(directory, kind, model, layout):
    """merge against merge_and_unload."""
    run(directory, "merge", "--base", "base.safetensors", "--adapter", "adapter", "--output",
        "merged.safetensors", *layout)
    ours = load_file(directory / "merged.safetensors")
    theirs = model.merge_and_unload().state_dict()
    for name, tensor in theirs.items():
        compare(f"  merged {name}", ours[name], tensor.detach())


def trained_outputs(model, directory):
    """Gives an adapter of PEFT's factors and biases that are not as before training, and runs it."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name or (parameter.requires_grad and "bias" in name):
                parameter.normal_()
        return model.eval()(features(directory))


def peft_in_ours(kind, **options):
    """An adapter that PEFT wrote, with factors that are not zero."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_files(directory, kind)
        torch.manual_seed(3)
        config = LoraConfig(target_modules=["head"], fan_in_fan_out=kind == "conv1d", **options)
        model = get_peft_model(base(kind), config)
        expected = trained_outputs(model, directory)
        model.save_pretrained(directory / "adapter")
        actual = predictions(directory, "--adapter", "adapter", "--base", "base.safetensors")
        compare(f"PEFT in ours, {kind}, {options}", actual, expected)
        run(directory, "--data", "x.npy", "--target", "y.npy", "--base", "base.safetensors", "--adapter",
            "adapter", "--epochs", "1", "--save", "more")


def extracted_in_peft(kind):
    """Full fine-tuning there, its adapter from here, loaded there: the tuned layer's outputs again."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_files(directory, kind)
        tuned = base(kind)
        torch.manual_seed(4)
        with torch.no_grad():
            for parameter in tuned.parameters():
                parameter.add_(torch.randn_like(parameter))
            expected = tuned(features(directory))
        save_file(tuned.state_dict(), directory / "tuned.safetensors", metadata={"format": "pt"})
        layout = ["--fan-in-fan-out"] if kind == "conv1d" else []
        run(directory, "extract", "--base", "base.safetensors", "--tuned", "tuned.safetensors", "--rank", min(IN, OUT),
            "--output", "adapter", *layout)
        with torch.no_grad():
            actual = PeftModel.from_pretrained(base(kind), directory / "adapter").eval()(features(directory))
        compare(f"extracted here, in PEFT, {kind}", actual, expected)


def concatenated_in_peft(kind):
    """Two adapters of PEFT's, one of ours for both: PEFT's own sum of them."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_files(directory, kind)
        torch.manual_seed(5)
        fan = kind == "conv1d"
        config = {"a": LoraConfig(r=2, lora_alpha=5, target_modules=["head"], fan_in_fan_out=fan),
                  "b": LoraConfig(r=3, lora_alpha=2, target_modules=["head"], use_rslora=True, fan_in_fan_out=fan)}
        model = PeftModel(base(kind), config["a"], adapter_name="a")
        model.add_adapter("b", config["b"])
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "lora_" in name:
                    parameter.normal_()
        model.save_pretrained(directory)
        model.add_weighted_adapter(["a", "b"], [0.7, 0.3], "sum", combination_type="cat")
        model.set_adapter("sum")
        with torch.no_grad():
            expected = model.eval()(features(directory))
        run(directory, "merge", "--adapter", "a", "--adapter", "b", "--adapter-weights", "0.7,0.3", "--output", "both")
        with torch.no_grad():
            actual = PeftModel.from_pretrained(base(kind), directory / "both").eval()(features(directory))
        compare(f"concatenated here, in PEFT, {kind}", actual, expected)
        run(directory, "merge", "--base", "base.safetensors", "--adapter", "a", "--adapter", "b", "--adapter-weights",
            "0.7,0.3", "--output", "merged.safetensors", *(["--fan-in-fan-out"] if fan else []))
        merged = base(kind)
        merged.load_state_dict(load_file(directory / "merged.safetensors"))
        with torch.no_grad():
            compare(f"merged here, {kind}", merged(features(directory)), expected)


WIDTHS = (IN, 9, 8, OUT)
TARGETS = ["0", "4"]


def stack():
    """Three layers with rectifiers between them; numbers 0, 2 and 4."""
    torch.manual_seed(6)
    layers = []
    for inputs, outputs in zip(WIDTHS[:-1], WIDTHS[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def write_stack(directory):
    write_files(directory, "linear")
    save_file(stack().state_dict(), directory / "stack.safetensors", metadata={"format": "pt"})


STACK = ["--base", "stack.safetensors", "--activation", "relu"]


def our_stack_in_peft(options):
    """Train adapters on layers of a stack here, load and merge them there."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_stack(directory)
        run(directory, "--data", "x.npy", "--target", "y.npy", *STACK, "--epochs", "20", "--lr", "0.05",
            "--save", "adapter", *options)
        with torch.no_grad():
            model = PeftModel.from_pretrained(stack(), directory / "adapter").eval()
            expected = model(features(directory))
        compare(f"our stack in PEFT, {' '.join(options)}", predictions(directory, "--adapter", "adapter"), expected)
        check_bytes(directory)
        run(directory, "merge", *STACK[:2], "--adapter", "adapter", "--output", "merged.safetensors")
        ours = load_file(directory / "merged.safetensors")
        for tensor, value in model.merge_and_unload().state_dict().items():
            compare(f"  merged {tensor}", ours[tensor], value.detach())


def peft_stack_in_ours(**options):
    """PEFT's adapters on layers of a stack, used and trained on here."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_stack(directory)
        torch.manual_seed(7)
        model = get_peft_model(stack(), LoraConfig(target_modules=TARGETS, **options))
        expected = trained_outputs(model, directory)
        model.save_pretrained(directory / "adapter")
        actual = predictions(directory, "--adapter", "adapter", *STACK)
        compare(f"PEFT's stack in ours, {options}", actual, expected)
        run(directory, "--data", "x.npy", "--target", "y.npy", *STACK, "--adapter", "adapter", "--epochs", "1",
            "--save", "more")


def stacks():
    for options in (["--rank", "2", "--alpha", "3"], ["--rank", "2", "--targets", "2"],
                    ["--rank", "3", "--targets", "0,4", "--rank-pattern", "4=1", "--alpha-pattern", "0=5"],
                    ["--rank", "2", "--targets", "2,4", "--bias", "lora_only"],
                    ["--rank", "2", "--targets", "4", "--bias", "all"],
                    ["--rank", "2", "--targets", "0,4", "--dora", "--rslora"],
                    ["--rank", "2", "--init", "olora", "--targets", "2,4"]):
        our_stack_in_peft(options)
    for options in ({"r": 2, "lora_alpha": 5}, {"r": 2, "lora_alpha": 3, "bias": "all"},
                    {"r": 2, "lora_alpha": 3, "bias": "lora_only"}, {"r": 3, "lora_alpha": 5, "use_dora": True},
                    {"r": 4, "lora_alpha": 6, "rank_pattern": {"0": 2}, "alpha_pattern": {"4": 9}}):
        peft_stack_in_ours(**options)


def main():
    stacks()
    for kind in ("linear", "conv1d"):
        for options in (["--rank", "2"], ["--rank", "3", "--alpha", "7"],
                        ["--rank", "2", "--alpha", "5", "--bias", "all"], ["--rank", "2", "--alpha", "5", "--dora"],
                        ["--rank", "3", "--alpha", "7", "--dora", "--rslora", "--bias", "all"],
                        ["--rank", "2", "--alpha", "3", "--init", "pissa"],
                        ["--rank", "2", "--alpha", "3", "--init", "olora", "--rslora"],
                        ["--rank", "2", "--init", "orthogonal", "--dropout", "0.2"],
                        ["--rank", "2", "--alpha", "3", "--init", "pissa", "--dora"]):
            ours_in_peft(kind, options)
        for options in ({"r": 2, "lora_alpha": 2}, {"r": 3, "lora_alpha": 8}, {"r": 4, "lora_alpha": 6, "use_rslora": True},
                        {"r": 2, "lora_alpha": 5, "use_dora": True}, {"r": 3, "lora_alpha": 2, "use_dora": True, "use_rslora": True},
                        {"r": 2, "lora_alpha": 5, "bias": "all"}, {"r": 2, "lora_alpha": 5, "bias": "lora_only"},
                        {"r": 8, "lora_alpha": 3, "rank_pattern": {"head": 2}},
                        {"r": 2, "lora_alpha": 3, "alpha_pattern": {"he.d": 9}},
                        {"r": 2, "lora_alpha": 3, "init_lora_weights": "gaussian", "lora_dropout": 0.1}):
            peft_in_ours(kind, **options)
        extracted_in_peft(kind)
        concatenated_in_peft(kind)
    if failures:
        sys.exit(f"{len(failures)} case(s) differ: {failures}")
    print("all agree")


main()
