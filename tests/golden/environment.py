"""A Python environment with what the golden files were made with, for the scripts that compare with it."""

import re
import subprocess
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def python_with_peft(home):
    """The interpreter of the environment in the directory `home`, which is made if it is not there."""
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet"]
        torch = re.search(r"^torch==\S+", REQUIREMENTS.read_text(), re.MULTILINE).group()
        # First, so that nothing else brings a larger build of it.
        subprocess.run([*pip, torch], check=True)
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        (home / "ready").touch()
    return python
