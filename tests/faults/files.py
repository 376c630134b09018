#!/usr/bin/env python3
"""The inputs of tests/faults/run, and a second opinion on whether the program's files are whole.

    files.py make DIRECTORY   writes the inputs
    files.py judge            reads a line of directories at a time, and answers `ok` or what is damaged in them
"""

import json
import random
import struct
import sys
import zipfile
from pathlib import Path


def npy(values, shape, code):
    """An array of numbers (f or d) as NumPy keeps it."""
    header = f"{{'descr': '<f{struct.calcsize(code)}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117).encode() + b"\n"
    data = struct.pack(f"<{len(values)}{code}", *values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def safetensors(tensors):
    """Named float32 tensors, {name: (shape, values)}."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        end = len(data) + 4 * len(values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), end]}
        data += struct.pack(f"<{len(values)}f", *values)
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def mapped(home, draw):
    """Features that are large enough to be used where they lie, and targets: a few numbers again and again."""
    rows, columns = 17000, 1024
    pool = struct.pack("<1021f", *(draw.uniform(-1, 1) for _ in range(1021)))
    for name, width in {"mapped": columns, "mapped_y": 2}.items():
        start = npy([], f"({rows}, {width})", "f")
        size = 4 * rows * width
        (home / f"{name}.npy").write_bytes(start + (pool * (size // len(pool) + 1))[:size])


def table(rows, draw):
    """Three features and a target that is nearly linear in them, to three digits."""
    lines = ["x1,x2,x3,y"]
    for _ in range(rows):
        x = [draw.random() for _ in range(3)]
        lines.append(",".join(f"{v:.3f}" for v in [*x, x[0] + 2 * x[1] - x[2] + 0.1 * draw.random()]))
    return "\n".join(lines) + "\n"


def make(home):
    """Writes the inputs: small ones to be cut off, large ones that take a while to write."""
    draw = random.Random(7)
    values = lambda count: [draw.uniform(-1, 1) for _ in range(count)]
    home.mkdir()
    for name, rows in {"table": 40, "few": 4, "many": 30000}.items():
        (home / f"{name}.csv").write_text(table(rows, draw))
    (home / "options.toml").write_text("rank = 2\nlr = 0.01\n")
    x, y = npy(values(12), "(4, 3)", "d"), npy(values(4), "(4,)", "d")
    (home / "x.npy").write_bytes(x)
    (home / "y.npy").write_bytes(y)
    with zipfile.ZipFile(home / "arrays.npz", "w") as archive:
        archive.writestr("x.npy", x, zipfile.ZIP_DEFLATED)
        archive.writestr("y.npy", y, zipfile.ZIP_STORED)
    (home / "base.safetensors").write_bytes(
        safetensors({"head.weight": ([1, 3], values(3)), "head.bias": ([1], values(1))}))
    for name, outputs, inputs in [("medium", 64, 64), ("large", 512, 1024)]:
        (home / f"{name}.npy").write_bytes(npy(values(outputs * inputs), f"({outputs}, {inputs})", "f"))
    (home / "square.npy").write_bytes(npy(values(512 * 512), "(512, 512)", "f"))
    (home / "large.safetensors").write_bytes(safetensors({"linear.weight": ([512, 1024], values(512 * 1024))}))
    mapped(home, draw)
    for name, layer, outputs, inputs, rank in [
            ("few", "head", 1, 3, 1), ("medium", "linear", 64, 64, 2), ("large", "linear", 512, 1024, 2)]:
        adapter = home / f"{name}_adapter"
        adapter.mkdir()
        part = f"base_model.model.{layer}.lora_"
        (adapter / "adapter_model.safetensors").write_bytes(safetensors({
            f"{part}A.weight": ([rank, inputs], values(rank * inputs)),
            f"{part}B.weight": ([outputs, rank], values(rank * outputs))}))
        (adapter / "adapter_config.json").write_text(f'{{"peft_type": "LORA", "r": {rank}}}\n')


def check_safetensors(data):
    """Raises if the header is not JSON, or the tensors do not fill the rest of the file."""
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    assert max(ends) == len(data) - 8 - length, "its tensors do not fill it"


def check_npy(data):
    """Raises if the header's shape does not fit the rest of the file."""
    length = struct.unpack("<H", data[8:10])[0]
    header = eval(data[10:10 + length], {"__builtins__": {}})  # a literal of our own program's making
    size = int(header["descr"][2:])
    for extent in header["shape"]:
        size *= extent
    assert data[:6] == b"\x93NUMPY" and size == len(data) - 10 - length, "its shape does not fit its size"


def check_text(data):
    """Raises if the last line has no end."""
    assert data.endswith(b"\n") and b"\0" not in data, "its last line has no end"


CHECKS = {".json": json.loads, ".safetensors": check_safetensors, ".npy": check_npy, ".csv": check_text, ".md": check_text}


def verdict(directories):
    """What is wrong with the first damaged file under a final name, or `ok`."""
    for directory in directories:
        for path in sorted(Path(directory).glob("*")):
            if path.name.startswith("."):
                continue
            try:
                CHECKS[path.suffix](path.read_bytes())
            except Exception as error:  # whatever it is, the file is not as it should be
                return f"{path} is damaged ({type(error).__name__}: {error})".replace("\n", " ")
    return "ok"


if sys.argv[1] == "make":
    make(Path(sys.argv[2]))
else:
    for line in sys.stdin:
        print(verdict(line.split()), flush=True)
