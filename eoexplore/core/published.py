"""Published scores of the classifiers of BigEarthNet v2.0."""

from collections.abc import Mapping

ORGANISATION = "BIFOLD-BigEarthNetv2-0"
"""Publisher of the zoo on the Hugging Face hub."""
NOTE = "As published; the best of several trainings by this score, so slightly optimistic."
"""What stands beside every number."""
SOURCE = "the models' pages on the Hugging Face hub, test split without snow and clouds"
"""Where they come from, and of which patches they are."""
PATCHES = 119_825
"""Patches that they are of: reBEN's test split without those with snow, clouds or shadows."""

# Per cent on the test split without snow and clouds, from the models' pages on the hub: average
# precision macro and micro, F1 macro and micro, precision macro and micro. Two pages repeat the
# average precision where the precision should stand; it is left out here.
_NAMES = (
    "average_precision_macro", "average_precision_micro", "f1_macro", "f1_micro",
    "precision_macro", "precision_micro",
)  # fmt: skip
_PER_CENT: Mapping[str, tuple[float, ...]] = {
    f"{ORGANISATION}/resnet50-all-v0.2.0": (70.33, 86.07, 64.42, 76.66, 74.57, 79.80),
    f"{ORGANISATION}/vit_base_patch8_224-all-v0.2.0": (66.76, 84.22, 60.32, 74.58, 71.05, 77.93),
    "hackelle/rdnet_base-all-v0.2.0": (68.88, 85.95, 61.90, 75.89, 73.96, 80.28),
    "hackelle/rdnet_base-s2-v0.2.0": (68.87, 85.39, 62.31, 75.48, 71.68, 79.41),
    f"{ORGANISATION}/resnet50-s1-v0.2.0": (62.84, 80.07, 57.61, 70.20, 64.31, 75.83),
    f"{ORGANISATION}/mobilevit_s-s1-v0.2.0": (63.12, 81.18, 56.57, 70.56, 68.28, 77.78),
    f"{ORGANISATION}/convnextv2_base-all-v0.1.1": (69.20, 85.73, 62.69, 75.96, 75.19, 79.69),
    f"{ORGANISATION}/mobilevit_s-all-v0.1.1": (70.33, 86.36, 63.75, 76.35),
    f"{ORGANISATION}/mixer_b16_224-s2-v0.1.1": (67.84, 84.41, 61.61, 74.42),
}
SCORES: Mapping[str, Mapping[str, float]] = {
    model: {name: round(value / 100, 4) for name, value in zip(_NAMES, values, strict=False)}
    for model, values in _PER_CENT.items()
}
"""Figures by their scikit-learn names, 0 to 1, by the model's id on the hub."""
