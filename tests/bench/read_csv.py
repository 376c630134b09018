#!/usr/bin/env python3
"""Times how lora-train reads a large CSV of numbers, beside pandas and polars, and prints a table.

    tests/bench/read_csv.py [BUILD_DIRECTORY] [MEGABYTES]

The file (1000 MB by default; 20 features and a target) is made below the build directory and removed at the end. pandas
and polars are installed into an environment of their own there. Of lora-train the whole process is timed, up to the end of
a first step of one row; of the others the call that reads, and what makes float32 arrays of features and target from it.
Wall times depend on what else runs; times of the processor much less. Medians, in turn.
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(SOURCE / "tests/golden"))

from environment import python_with  # noqa: E402

ROUNDS = 3
FEATURES = 20


def write_file(path, megabytes):
    """Numbers as programs write them: float32 in the shortest form, some with an exponent, and whole numbers."""
    import numpy as np

    rng = np.random.default_rng(0)
    rows = []
    for _ in range(5000):
        uniform = rng.random(10, dtype=np.float32)
        normal = rng.standard_normal(6).astype(np.float32)
        wide = (rng.standard_normal(2) * 10.0 ** rng.integers(-6, 5, 2)).astype(np.float32)
        whole = rng.integers(-1000, 100000, 3)
        rows.append(",".join(str(value) for part in (uniform, wide, whole, normal) for value in part))
    block = "\n".join(rows) + "\n"
    with open(path, "w") as file:
        file.write(",".join(f"x{i + 1}" for i in range(FEATURES)) + ",y\n")
        while file.tell() < megabytes * 1e6:
            file.write(block)


def read(library, path):
    """Reads the file with one library in this process, and prints wall and processor seconds."""
    import numpy as np

    reader = __import__(library)
    wall, processor = time.perf_counter(), time.process_time()
    frame = reader.read_csv(path)
    if library == "pandas":
        arrays = [frame[columns].to_numpy(np.float32) for columns in (frame.columns[:-1], frame.columns[-1:])]
    else:
        arrays = [np.ascontiguousarray(part.to_numpy(), np.float32) for part in (frame[:, :-1], frame[:, -1:])]
    print(time.perf_counter() - wall, time.process_time() - processor, len(arrays[0]))


def timed(command):
    """Wall and processor seconds and peak memory in MB of a process, and what it prints."""
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # A process of its own waits for it: the peak of children is that of the largest one so far.
    watch = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    run = subprocess.run(
        [sys.executable, "-c", watch, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    *lines, peak = run.stdout.decode().splitlines()
    return time.perf_counter() - start, processor, int(peak) / 1024, lines


def measure(name, python, program, path):
    """Wall seconds, processor seconds and peak memory of one reader."""
    if name == "lora-train":
        options = ["--target", "y", "--max-steps", "1", "--batch-size", "1", "--no-shuffle", "--gram", "off"]
        return timed([program, "--data", path, *options])[:3]
    _, _, memory, lines = timed([python, __file__, "--read", name, path])
    wall, processor, _ = map(float, lines[-1].split())
    return wall, processor, memory


def main():
    """Makes the file, takes turns, prints medians."""
    build = Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE / "build").resolve()
    megabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 1000
    python = python_with(build / "read-python", ["numpy", "pandas", "polars"])
    path = build / "read_csv.csv"
    try:
        subprocess.run([python, __file__, "--write", path, str(megabytes)], check=True)
        names = ["lora-train", "pandas", "polars"]
        runs = {name: [] for name in names}
        for _ in range(ROUNDS):
            for name in names:
                runs[name].append(measure(name, python, build / "lora-train", path))
        middle = {name: [statistics.median(column) for column in zip(*runs[name])] for name in names}
    finally:
        path.unlink(missing_ok=True)
    print(f"{megabytes:.0f} MB, medians of {ROUNDS}\n")
    print("| reader | wall | processor time | peak memory | wall, as a multiple of lora-train's |")
    print("|---|---|---|---|---|")
    for name, (wall, processor, memory) in middle.items():
        ratio = wall / middle["lora-train"][0]
        print(f"| {name} | {wall:.2f} s | {processor:.2f} s | {memory:.0f} MB | {ratio:.1f} × |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(*sys.argv[2:4])
    elif sys.argv[1:2] == ["--write"]:
        write_file(sys.argv[2], float(sys.argv[3]))
    else:
        main()
