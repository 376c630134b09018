"""Makes the abalone data: what small abalones weigh, told from their shells, and what large ones do.

    pip install -r ../../golden/requirements.txt scikit-lego==0.9.10
    python make_abalone.py

The base (base.safetensors) estimates well what a small abalone and its parts weigh, and for large
ones does worse than their mean. Learning from large_train.csv on top of it is a small, real task of
several targets for an adapter. large_val.csv says how well that went, small_val.csv what the base
could do before. The files appear next to this script.
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklego.datasets import load_abalone

# The source has millimetres and grams, both divided by 200.
SHELL = ["length", "diameter", "height"]
DECIMETRES = 200 / 100
WEIGHTS = ["whole_weight", "shucked_weight", "viscera_weight", "shell_weight"]
HECTOGRAMS = 200 / 100

HEADER = [f"{name}_dm" for name in SHELL] + [f"{name}_hg" for name in WEIGHTS]
TALLEST = 0.6  # dm; two rows have heights of 1.03 and 2.26, the next is 0.5
SMALL = 0.9  # dm; shorter shells are small
SMALL_HELD_OUT = 200
LARGE_HELD_OUT = 600
SPLIT_SEED = 0

HERE = Path(__file__).parent


def measured():
    """Shells in decimetres and weights in hectograms of the rows with a possible height."""
    table = load_abalone(as_frame=True)
    # Rounded to the millimetre and the tenth of a gram, which is how they were measured.
    shells = np.round(table[SHELL].to_numpy() * DECIMETRES, 2)
    weights = np.round(table[WEIGHTS].to_numpy() * HECTOGRAMS, 3)
    height = shells[:, SHELL.index("height")]
    possible = (height > 0) & (height <= TALLEST)
    return shells[possible], weights[possible]


def write_table(name, shells, weights):
    """Write a header, then the shell and the weights of each abalone."""
    lines = [",".join(HEADER)]
    for row in np.hstack([shells, weights]):
        # No value has more than four digits, so six show it exactly.
        lines.append(",".join(f"{value:g}" for value in row))
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="ascii")


def estimates(base, shells):
    """The base's outputs, computed in float32."""
    return shells.astype(np.float32) @ base["head.weight"].T + base["head.bias"]


def describe(title, weights, estimated):
    """Print each weight's R2 and the mean squared error of all."""
    shares = r2_score(weights, estimated, multioutput="raw_values")
    error = np.mean((weights - estimated) ** 2)
    columns = " ".join(f"{share:7.4f}" for share in shares)
    print(f"{title:30} R2 {columns}, mean {shares.mean():7.4f}, squared error {error:.4f}")


def main():
    """Split the abalones by length, fit the base to the small ones, write all files."""
    shells, weights = measured()
    small = shells[:, SHELL.index("length")] < SMALL
    small_train, small_val, small_train_weights, small_val_weights = train_test_split(
        shells[small], weights[small], test_size=SMALL_HELD_OUT, random_state=SPLIT_SEED
    )
    large_train, large_val, large_train_weights, large_val_weights = train_test_split(
        shells[~small], weights[~small], test_size=LARGE_HELD_OUT, random_state=SPLIT_SEED
    )

    regression = LinearRegression().fit(small_train, small_train_weights)
    # order="C": the coefficients may come column after column, and save_file would write them so.
    base = {
        "head.weight": regression.coef_.astype(np.float32, order="C"),
        "head.bias": regression.intercept_.astype(np.float32),
    }
    path = HERE / "base.safetensors"
    save_file(base, path, metadata={"format": "pt"})

    write_table("large_train.csv", large_train, large_train_weights)
    write_table("large_val.csv", large_val, large_val_weights)
    write_table("small_val.csv", small_val, small_val_weights)

    written = load_file(path)
    print(f"{len(small_train)} small and {len(large_train)} large to learn from")
    describe("base, small, held out", small_val_weights, estimates(written, small_val))
    describe("base, large, held out", large_val_weights, estimates(written, large_val))
    anew = LinearRegression().fit(large_train, large_train_weights)
    describe("fitted to the large, held out", large_val_weights, anew.predict(large_val))


if __name__ == "__main__":
    main()
