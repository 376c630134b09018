"""Python environments with other libraries, for the scripts that compare with these."""

import re
import subprocess
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def python_with(home, *installs):
    """The interpreter of the environment in the directory `home`, which is made if it is not there.

    Each of `installs` is what one call of pip gets to install.
    """
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True)
        for packages in installs:
            subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (home / "ready").touch()
    return python


def python_with_peft(home):
    """The same with what the golden files were made with."""
    torch = re.search(r"^torch==\S+", REQUIREMENTS.read_text(), re.MULTILINE).group()
    # First, so that nothing else brings a larger build of it.
    return python_with(home, [torch], ["-r", REQUIREMENTS])
