"""Makes the digits data: classifiers of upright digits, and the same digits turned on their side.

    pip install -r ../../golden/requirements.txt
    python make_digits.py

The base (base.safetensors), and the stack of two layers with a rectifier between them
(stack.safetensors), read upright digits well and turned ones hardly better than by chance.
Learning to read turned_train.csv on top of it is a small, real task for an adapter.
turned_val.csv says how well that went, upright_val.csv what the base could do before. The files
appear next to this script.
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SIDE = 8
LARGEST_PIXEL = 16
HELD_OUT = 360
HIDDEN = 32
VIEW_PAIRS = 300
SPLIT_SEED = 0
CLOCKWISE = -1  # quarter turns, as np.rot90 counts them

HERE = Path(__file__).parent


def turned(rows):
    """Each row's image after a quarter turn clockwise, as a row again."""
    images = rows.reshape(-1, SIDE, SIDE)
    return np.rot90(images, CLOCKWISE, axes=(1, 2)).reshape(rows.shape)


def write_table(name, rows, labels):
    """Write a header, then the pixels and the label of each row."""
    header = [f"p{index:02d}" for index in range(SIDE * SIDE)] + ["label"]
    lines = [",".join(header)]
    for row, label in zip(rows, labels, strict=True):
        # Sixteenths need at most four decimals, so six digits show them exactly.
        lines.append(",".join([f"{pixel:g}" for pixel in row] + [str(label)]))
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="ascii")


def accuracy(base, rows, labels):
    """The share of rows whose largest output is their label's, computed in float32."""
    outputs = rows.astype(np.float32) @ base["head.weight"].T + base["head.bias"]
    return np.mean(outputs.argmax(axis=1) == labels)


def write_views(rows):
    """Each image as it is and turned, and which two rows show the same: a turned one asks for its own."""
    # Sixteenths are exact in float16.
    np.save(HERE / "views.npy", np.concatenate([rows, turned(rows)]).astype(np.float16))
    for name, numbers in (("train_pairs", range(VIEW_PAIRS)), ("val_pairs", range(VIEW_PAIRS, len(rows)))):
        lines = ["query,document", *(f"{len(rows) + number},{number}" for number in numbers)]
        (HERE / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="ascii")


def stack_of(classifier):
    """A classifier of one hidden layer as torch.nn.Sequential(Linear, ReLU, Linear) names it."""
    tensors = {}
    for number, weight, bias in zip((0, 2), classifier.coefs_, classifier.intercepts_, strict=True):
        tensors[f"{number}.weight"] = weight.T.astype(np.float32, order="C")
        tensors[f"{number}.bias"] = bias.astype(np.float32)
    return tensors


def stack_accuracy(stack, rows, labels):
    """As accuracy()."""
    hidden = rows.astype(np.float32) @ stack["0.weight"].T + stack["0.bias"]
    outputs = np.maximum(hidden, 0) @ stack["2.weight"].T + stack["2.bias"]
    return np.mean(outputs.argmax(axis=1) == labels)


def main():
    """Split the digits, fit the bases to the upright ones, write all files."""
    digits = load_digits()
    train, val, train_labels, val_labels = train_test_split(
        digits.data / LARGEST_PIXEL,
        digits.target,
        test_size=HELD_OUT,
        stratify=digits.target,
        random_state=SPLIT_SEED,
    )

    classifier = LogisticRegression(C=0.3, max_iter=5000).fit(train, train_labels)
    # order="C": the coefficients arrive column after column, and save_file would write them so.
    base = {
        "head.weight": classifier.coef_.astype(np.float32, order="C"),
        "head.bias": classifier.intercept_.astype(np.float32),
    }
    path = HERE / "base.safetensors"
    save_file(base, path, metadata={"format": "pt"})

    hidden = MLPClassifier((HIDDEN,), alpha=0.1, max_iter=2000, random_state=SPLIT_SEED)
    stack = stack_of(hidden.fit(train, train_labels))
    save_file(stack, HERE / "stack.safetensors", metadata={"format": "pt"})

    write_views(val)
    write_table("turned_train.csv", turned(train), train_labels)
    write_table("turned_val.csv", turned(val), val_labels)
    write_table("upright_val.csv", val, val_labels)

    written = load_file(path)
    print(f"{len(train)} training rows, {len(val)} held out")
    print(f"base, upright, held out: {accuracy(written, val, val_labels):.4f}")
    print(f"base, turned, held out:  {accuracy(written, turned(val), val_labels):.4f}")
    print(f"stack, upright, held out: {stack_accuracy(stack, val, val_labels):.4f}")
    print(f"stack, turned, held out:  {stack_accuracy(stack, turned(val), val_labels):.4f}")


if __name__ == "__main__":
    main()
