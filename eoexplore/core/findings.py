"""Findings: what speaks against labels, as columns; and the numbers that stand behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fact:
    """One number that a finding may have."""

    title: str
    """What a user reads."""
    unit: str = ""
    """Its unit; empty for shares and counts."""
    digits: int = 1
    """Digits after the point."""


FACTS: Mapping[str, Fact] = {
    "area_ha": Fact("Area", "ha"),
    "inside_ha": Fact("Area in this patch", "ha"),
    "edge_ha": Fact("Area in this patch at a class border", "ha"),
    "spot": Fact("Number of the spot", digits=0),
    "width_m": Fact("Width", "m", 0),
    "border_m": Fact("Distance to the class border", "m", 0),
    "compactness": Fact("Compactness", digits=2),
    "margin": Fact("Margin of the other class", digits=2),
    "dates": Fact("Dates", digits=0),
    "decidable": Fact("Decidable at the map's resolution", digits=0),
    "lon": Fact("Longitude", "°", 5),
    "lat": Fact("Latitude", "°", 5),
    "share": Fact("Share of the patch", digits=3),
    "distance": Fact("Distance from the class", digits=1),
    "value": Fact("Value", digits=2),
    "expected": Fact("Expected", digits=2),
    "neighbours": Fact("Neighbours looked at", digits=0),
    "other": Fact("Row of the other patch", digits=0),
    "similarity": Fact("Similarity", digits=3),
    "distance_m": Fact("Distance", "m", 0),
    "rule": Fact("Number of the rule", digits=0),
}
"""Numbers behind findings, by the name of their column; NaN where one does not apply."""


@dataclass(frozen=True)
class Findings:
    """What one kind of evidence says; entry i of every array is one finding."""

    rows: npt.NDArray[np.int32]
    """Row of the sample on which it is seen, shape (n,)."""
    labels: npt.NDArray[np.int16]
    """Number of the class that the label says, -1 where it is about no class; shape (n,)."""
    suspects: npt.NDArray[np.int16]
    """Number of the class that the evidence says instead, -1 where it says none; shape (n,)."""
    scores: Values
    """How strongly it speaks against the label, 0 to 1, shape (n,)."""
    facts: Mapping[str, Values] = field(default_factory=dict)
    """Numbers behind it, by the names of `FACTS`, shape (n,) each."""

    def __len__(self) -> int:
        """Return the number of findings."""
        return len(self.rows)

    def arrays(self) -> list[npt.NDArray[np.generic]]:
        """Return all columns."""
        return [self.rows, self.labels, self.suspects, self.scores, *self.facts.values()]

    @classmethod
    def none(cls) -> "Findings":
        """Return no finding."""
        whole = np.empty(0, np.int16)
        return cls(np.empty(0, np.int32), whole, whole, np.empty(0, np.float32))

    @classmethod
    def of(
        cls,
        rows: npt.ArrayLike,
        labels: npt.ArrayLike,
        suspects: npt.ArrayLike,
        scores: npt.ArrayLike,
        **facts: npt.ArrayLike,
    ) -> "Findings":
        """Return findings of columns, a single number standing for all."""
        own = np.asarray(rows, np.int32)
        numbers = {
            name: np.broadcast_to(np.asarray(values, np.float32), own.shape)
            for name, values in facts.items()
        }
        return cls(
            own,
            np.broadcast_to(np.asarray(labels, np.int16), own.shape),
            np.broadcast_to(np.asarray(suspects, np.int16), own.shape),
            np.broadcast_to(np.asarray(scores, np.float32), own.shape),
            numbers,
        )

    def take(self, places: npt.NDArray[np.integer | np.bool_]) -> "Findings":
        """Return some findings, by place or by mask."""
        facts = {name: values[places] for name, values in self.facts.items()}
        return Findings(
            self.rows[places],
            self.labels[places],
            self.suspects[places],
            self.scores[places],
            facts,
        )

    @classmethod
    def together(cls, parts: Sequence["Findings"]) -> "Findings":
        """Return the findings of several, one after the other; facts that one lacks are NaN."""
        if not parts:
            return cls.none()
        names = dict.fromkeys(name for part in parts for name in part.facts)
        nothing = [np.full(len(part), np.nan, np.float32) for part in parts]
        facts = {
            name: np.concatenate(
                [part.facts.get(name, empty) for part, empty in zip(parts, nothing, strict=True)]
            )
            for name in names
        }
        return cls(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.suspects for part in parts]),
            np.concatenate([part.scores for part in parts]),
            facts,
        )
