"""What the processes of a test do before anything else."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def starting_with(folder: Path, *lines: str) -> dict[str, str]:
    """Return the variables with which every Python process that is started runs these lines first.

    They can import what is in the repository.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    paths = [str(folder), str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
