"""Put measured figures into docs/performance.md, between its marks.

python -m eoexplore bench --json --metadata FOLDER > bench.json
python -m benchmarks.viewport --json --metadata FOLDER > viewport.json
python -m benchmarks.growth --metadata FOLDER --picture docs/images/growth.png > growth.json
python -m benchmarks.page bench.json viewport.json growth.json
"""

import argparse
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_MET = {True: "met", False: "**missed**", None: ""}
Document = Mapping[str, Any]


def fill(text: str, name: str, lines: Iterable[str]) -> str:
    """Return a page with other lines between the marks of a name.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"The page has no line {begin!r}, or no {end!r} after it.")
    body = "\n".join(lines)
    return pattern.sub(lambda _: f"{begin}\n{body}\n{end}", text)


def figures(document: Document) -> list[str]:
    """Return the table of all figures."""
    lines = [_machine(document["machine"]), "", "| what | measured | against | ratio | budget | |"]
    lines.append("|---|---|---|---|---|---|")
    for item in document["figures"]:
        value, baseline = (_amount(item[key], item["unit"]) for key in ("value", "baseline"))
        if item["n"] > 1:
            value = f"{value} (p95 {_number(item['p95'])}, n {item['n']})"
        cells = value, baseline, _number(item["ratio"]), item["budget"] or "", _MET[item["met"]]
        lines.append(f"| {item['name']} | {' | '.join(cells)} |")
    return lines


def viewport(document: Document) -> list[str]:
    """Return the table of the viewports."""
    lines = [_machine(document["machine"]), "", "| viewport | seconds | × as many floors |"]
    lines.append("|---|---|---|")
    return lines + [
        f"| {item['name'].removeprefix('viewport ')} | {_number(item['value'])} | "
        f"{_number(item['ratio'])} |"
        for item in document["figures"]
    ]


def growth(document: Document) -> list[str]:
    """Return the table of costs by number of samples, in milliseconds."""
    costs = document["milliseconds"]
    names = next(iter(costs.values()))
    heads = " | ".join(f"{int(size):,}" for size in costs)
    lines = [_machine(document["machine"]), "", f"| ms at so many samples | {heads} |"]
    lines.append("|---" * (len(costs) + 1) + "|")
    for name in names:
        lines.append(f"| {name} | {' | '.join(_number(cost[name]) for cost in costs.values())} |")
    return lines


def _machine(machine: Mapping[str, Any]) -> str:
    clock = {"wall": "elapsed time", "cpu": "processor time"}[machine["clock"]]
    return (
        f"Measured as {clock} on {machine['cores']} cores, {machine['memory_gb']:.0f} GB, "
        f"{machine['system']}, Python {machine['python']}."
    )


def _amount(number: float | None, unit: str) -> str:
    return "" if number is None else f"{_number(number)} {unit}"


def _number(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


TABLES = {"figures": figures, "viewport": viewport, "growth": growth}


def main() -> None:
    """Fill the page from the files that were given, in the order of TABLES."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in TABLES:
        parser.add_argument(name, type=Path, nargs="?")
    args = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        file = getattr(args, name)
        if file is not None:
            text = fill(text, name, make(json.loads(file.read_text(encoding="utf-8"))))
    PAGE.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
