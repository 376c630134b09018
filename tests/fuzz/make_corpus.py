"""Makes the first inputs of the fuzzers' corpora, with the libraries whose formats they are.

    pip install -r ../golden/requirements.txt
    python make_corpus.py LORA_TRAIN

They are small: a fuzzer makes the rest of them. LORA_TRAIN writes the checkpoint.
"""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save

CORPUS = Path(__file__).with_name("corpus")
MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)

TABLES = {
    "header": "x,y\n1,2\n3,4.5e-3\n",
    "plain": "1;2\n-3;4\n",
    "quoted": 'name\ttext\n"a\tb"\t"say ""so"""\nc\td\n',
    "crlf": "\ufeffx,y\r\n1,2\r\n\r\n",
    "column": "x\n1\n2\n\n",
    "lines": 'x,y\n1,"2\n3"\n4,5\n',
}

CONFIGS = {
    "plain": 'rank = 4\nlr = 1e-3\ndata = "a#b.csv"\n',
    "lists": 'rank-pattern = ["0=1", "2=3"]\nshuffle = true\n',
    "section": "[training]\nepochs = 3\n",
}

ADAPTERS = {
    "plain": {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["linear"]},
    "patterns": {"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": "all-linear", "rank_pattern": {"0": 1},
                 "alpha_pattern": {"^2$": 3.5}, "use_rslora": True, "use_dora": True, "bias": "lora_only"},
    "unknown": {"peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": None, "alora_invocation_tokens": [1]},
}


def npy(array):
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(writer, **arrays):
    """The bytes of a .npz file."""
    file = io.BytesIO()
    writer(file, **arrays)
    return file.getvalue()


def checkpoint(program):
    """One pair of files as the checkpoint's fuzzer takes it."""
    with tempfile.TemporaryDirectory() as directory:
        command = [program, "--in", "3", "--out", "2", "--samples", "4", "--rank", "1", "--epochs", "1", "--checkpoint", "ck", "--quiet"]
        subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL)
        text, tensors = sorted(Path(directory, "ck").glob("step-*"))
        return text.read_bytes() + b"\0" + tensors.read_bytes()


def main():
    """Write them all."""
    inputs = {
        "npy": {"matrix": npy(MATRIX), "fortran": npy(np.asfortranarray(MATRIX, dtype=">f8")), "whole": npy(np.arange(3)),
                "truth": npy(MATRIX > 2), "text": npy(np.array(["a", "bcd"])), "scalar": npy(np.float16(2)), "empty": npy(MATRIX[:0])},
        "npz": {"stored": npz(np.savez, x=MATRIX, y=np.arange(2)), "compressed": npz(np.savez_compressed, x=MATRIX, names=np.array(["a"]))},
        "safetensors": {"head": save({"head.weight": MATRIX, "head.bias": MATRIX[:, 0].copy()}, {"format": "pt"}),
                        "stack": save({f"head.{i}.weight": MATRIX[:, :2].astype(np.float16) for i in (0, 2)}, {"activation": "relu"})},
        "csv": {name: text.encode() for name, text in TABLES.items()},
        "config": {name: text.encode() for name, text in CONFIGS.items()},
        "adapter_config": {name: json.dumps(config).encode() for name, config in ADAPTERS.items()},
        "checkpoint": {"demo": checkpoint(Path(sys.argv[1]).resolve())},
    }
    for kind, files in inputs.items():
        (CORPUS / kind).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (CORPUS / kind / name).write_bytes(content)


main()
