#!/usr/bin/env python3
"""Trains on an array larger than memory should have to be, and prints how much memory that takes.

    tests/bench/large_file.py [BUILD_DIRECTORY] [GIGABYTES]

The features (20 GB by default) are a sparse .npy file below the build directory, in which one row in 16 holds numbers; it
is removed at the end. One epoch each in DataLoader's order and with --shuffle-block. Anonymous memory is what the program
has for itself; pages of the file that happen to be in memory belong to the system, which takes them back when it wants.
"""

import subprocess
import sys
import time
from array import array
from pathlib import Path
from random import Random

SOURCE = Path(__file__).resolve().parent.parent.parent
FEATURES = 1024
WRITTEN = 16  # one row in so many
FLOAT = 4
LIMIT_MB = 300


def header(rows, cols):
    """What a .npy file of float32 begins with."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {cols}), }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def write_arrays(features, targets, rows):
    """Sparse features and dense targets, of any numbers."""
    random = Random(0)
    numbers = array("f", (random.gauss(0, 1) for _ in range(FEATURES)))
    with features.open("wb") as file:
        start = file.write(header(rows, FEATURES))
        for row in range(0, rows, WRITTEN):
            file.seek(start + row * FEATURES * FLOAT)
            file.write(numbers[row // WRITTEN % FEATURES:].tobytes())
        file.truncate(start + rows * FEATURES * FLOAT)
    with targets.open("wb") as file:
        file.write(header(rows, 1))
        for _ in range(0, rows, FEATURES):
            file.write(array("f", (random.gauss(0, 1) for _ in range(FEATURES))).tobytes())
        file.truncate(len(header(rows, 1)) + rows * FLOAT)


def watched(command):
    """Seconds, peak anonymous memory in MB, and the last line on stdout of one run."""
    start = time.perf_counter()
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            for line in status.read_text().splitlines():
                if line.startswith("RssAnon:"):
                    peak = max(peak, int(line.split()[1]) / 1024)
            time.sleep(0.02)
        output = process.stdout.read()
    if process.returncode != 0:
        sys.exit(f"{command} failed with {process.returncode}")
    return time.perf_counter() - start, peak, output.splitlines()[-1]


def main():
    """Make the arrays, train in both orders, print a table; fail above the limit."""
    build = Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE / "build").resolve()
    gigabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 20
    rows = int(gigabytes * 1e9 / (FEATURES * FLOAT)) // FEATURES * FEATURES
    features, targets = build / "large_file.npy", build / "large_targets.npy"
    command = [build / "lora-train", "--data", features, "--target", targets, "--batch-size", "256", "--epochs", "1", "--quiet"]
    peaks = []
    try:
        write_arrays(features, targets, rows)
        print(f"{features.stat().st_size / 1e9:.1f} GB, {rows} rows of {FEATURES} features\n")
        print("| order | one epoch, whole process | peak anonymous memory | |\n|---|---|---|---|")
        for name, more in (("DataLoader's", []), ("blocks of 8192 rows", ["--shuffle-block", "8192"])):
            seconds, peak, line = watched([*command, *more])
            peaks.append(peak)
            print(f"| {name} | {seconds:.0f} s | {peak:.0f} MB | {line} |", flush=True)
    finally:
        features.unlink(missing_ok=True)
        targets.unlink(missing_ok=True)
    if max(peaks) >= LIMIT_MB:
        sys.exit(f"more than {LIMIT_MB} MB")


if __name__ == "__main__":
    main()
