"""Classes that break a physical rule in a patch: water bright in the infrared, and others."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from eoexplore.analysis.rules.rule import Rule, every
from eoexplore.core.findings import Findings
from eoexplore.evidence import _class_means, snow_cloud
from eoexplore.evidence._class_means import Classes
from eoexplore.evidence.kind import Asked, CannotTell, Finding, Kind

INTERCEPT, SLOPE = -0.5, 0.8
"""Of the chance by how far a rule is broken: a little below what the 30 findings in the synthetic
demos of the seeds 1 to 6, 43 and 44 give, of which 57 % are right. They are too few to know it."""
MOST = 0.9
"""Chance that no rule goes beyond: each has exceptions."""


def chance(excess: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the chance that most of the class in the patch is another one, 0 to 1.

    Args:
        excess: how far a rule is broken, in its steps.
    """
    return np.asarray(np.minimum(expit(INTERCEPT + SLOPE * excess), MOST), np.float32)


def find(asked: Asked) -> Findings:
    """Hold the mean of each class in each patch against the rules of the class."""
    there = {
        band.name: f"{layer.name}/{band.name}"
        for layer in (_class_means.optical(asked), _class_means.radar(asked))
        if layer is not None
        for band in layer.bands
    }
    rules = {
        number: rule
        for number, rule in enumerate(every())
        if set(rule.bands) <= there.keys() and len(_concerned(asked, rule))
    }
    if not rules:
        raise CannotTell(
            "No rule applies: they are about classes of CORINE Land Cover and bands of Sentinel-2 "
            "and Sentinel-1, and this copy lacks one or the other."
        )
    names = sorted({name for rule in rules.values() for name in rule.bands})
    own = _class_means.of_classes(asked, [there[name] for name in names], _clear(asked))
    season = asked.opened.samples.frame["season"].astype(object).to_numpy()[own.rows]
    parts = [_broken(asked, number, rule, own, names, season) for number, rule in rules.items()]
    return Findings.together(parts)


def _concerned(asked: Asked, rule: Rule) -> list[int]:
    """Return the numbers of the classes that a rule is about."""
    classes = asked.opened.dataset.classes.classes
    codes = set(rule.codes)
    return [number for number, one in enumerate(classes) if one.codes and codes >= set(one.codes)]


def _clear(asked: Asked) -> npt.NDArray[np.bool_]:
    """Tell which patches have neither a flag nor the look of snow or cloud, shape (n,)."""
    found = _class_means.without_flag(asked)
    try:
        seen = snow_cloud.judged(asked)
    except CannotTell:
        return found
    return np.asarray(found & ~(seen.snow > 0) & ~(seen.cloud > 0), bool)


def _broken(
    asked: Asked,
    number: int,
    rule: Rule,
    own: Classes,
    names: Sequence[str],
    season: npt.NDArray[np.object_],
) -> Findings:
    concerned = np.isin(own.numbers, _concerned(asked, rule))
    if rule.seasons:
        concerned &= np.isin(season.astype(str), rule.seasons)
    places = np.flatnonzero(concerned)
    values = own.values[places].astype(np.float64)
    excess = rule.excess({name: values[:, names.index(name)] for name in rule.bands})
    broken = places[excess > 0]
    excess = excess[excess > 0]
    return Findings.of(
        own.rows[broken],
        own.numbers[broken],
        -1,
        chance(excess),
        rule=number,
        value=excess,
        share=own.shares[broken],
    )


def sentence(found: Finding) -> str:
    """Say one class of one patch in a sentence."""
    rule = every()[int(found.facts["rule"])]
    return (
        f"{rule.title}: {found.label}, {found.facts['share']:.0%} of the patch, is "
        f"{found.facts['value']:.1f} steps beyond what the class can well be."
    )


KIND = Kind(
    name="physics",
    title="Physically implausible",
    help="Mean reflectance and backscatter of each class in a patch, of 3 ha or more, against "
    "named rules with published limits, such as water dark in the infrared; patches with snow or "
    "cloud are left out.",
    needs="index",
    about="label",
    version=1,
    order=40,
    find=find,
    sentence=sentence,
)
