import dataclasses
import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.core import model_card
from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import CardClass, ModelCard

CARD = {
    "schema": 1,
    "name": "Small",
    "task": "segmentation",
    "architecture": "unet",
    "encoder": "resnet18",
    "bands": ["s2/B02", "s1/VV"],
    "input_size": 64,
    "resample": "nearest",
    "mean": [1, -2.5],
    "std": [3.0, 4.0],
    "classes": [
        {"code": 111, "name": "Urban fabric", "colour": "#E6004D"},
        {"code": 0, "name": "{{7*7}} <b>", "colour": "#000000"},
    ],
    "activation": "softmax",
    "gsd_m": [5, 20],
    "trained_on": {"dataset": "demo", "split": "train"},
    "scores": {"mean_iou": 0.5, "true labels": {"mean_iou": 0.6}},
    "licence": "MIT",
    "source": "here",
    "sha256": "0" * 64,
}


def text(**changes) -> str:
    return json.dumps({**CARD, **changes})


def test_a_card_is_read():
    card = model_card.parse(text())
    assert card.bands == ("s2/B02", "s1/VV")
    assert card.layers == ("s2", "s1")
    assert card.mean == (1.0, -2.5)
    assert card.classes[0] == CardClass(111, "Urban fabric", "#e6004d")
    assert card.class_names == ("Urban fabric", "{{7*7}} <b>")
    assert card.gsd_m == (5.0, 20.0)
    assert card.scores["true labels"]["mean_iou"] == 0.6
    assert card.synthetic is False


def test_what_is_written_is_read_again():
    card = model_card.parse(text(synthetic=True, options={"encoder_depth": 4}, epochs=12))
    assert card.extra == {"epochs": 12}
    assert model_card.parse(card.to_json()) == card
    assert json.loads(card.to_json())["schema"] == 1


def test_what_need_not_be_said():
    short = {key: value for key, value in CARD.items() if key not in {"encoder", "sha256"}}
    card = model_card.parse(json.dumps(short))
    assert (card.encoder, card.sha256, dict(card.options)) == ("", "", {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", 2), ("schema", None), ("name", ""), ("name", 5), ("name", "a\nb"),
        ("name", "x" * 201), ("task", "detection"), ("task", ["segmentation"]),
        ("architecture", None), ("bands", []), ("bands", "s2/B02"), ("bands", ["B02", "B03"]),
        ("bands", ["s2/B02", "s2/B02"]), ("bands", ["../x/y", "s1/VV"]), ("input_size", 0),
        ("input_size", 1.5), ("input_size", True), ("input_size", 100_000), ("resample", "cubic"),
        ("mean", [1]), ("mean", ["1", "2"]), ("mean", [True, 1]), ("mean", [1, 10**400]),
        ("std", [0, 1]), ("std", [1, -1]), ("std", None), ("classes", []), ("classes", ["a"]),
        ("classes", [{"code": 1, "name": "a"}]),
        ("classes", [{"code": 1, "name": "a", "colour": "red"}]),
        ("classes", [{"code": -1, "name": "a", "colour": "#000000"}]),
        ("classes", [{"code": True, "name": "a", "colour": "#000000"}]),
        ("classes", [{"code": 1, "name": "a", "colour": "#000000"}] * 2),
        ("activation", "sigmoid"), ("activation", "none"), ("gsd_m", [10]), ("gsd_m", [20, 10]),
        ("gsd_m", [0, 10]), ("licence", None), ("source", None), ("trained_on", "demo"),
        ("scores", [1]), ("options", 1), ("sha256", "abc"), ("sha256", 5), ("synthetic", "yes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(key, value):
    with pytest.raises(ModelError) as caught:
        model_card.parse(text(**{key: value}))
    assert key in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"schema": 1, "mean": NaN}', "[" * 100_000, '{"a": Infinity}'],
)
def test_what_is_no_card_is_refused(content):
    with pytest.raises(ModelError, match=r"card\.json"):
        model_card.parse(content)


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path):
    path = tmp_path / "card.json"
    with pytest.raises(ModelError, match="cannot be read"):
        model_card.read(path)
    path.write_text(text(padding="x" * 1_000_000))
    with pytest.raises(ModelError, match="1 MB"):
        model_card.read(path)
    path.write_text(text())
    assert model_card.read(path).name == "Small"


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4),
    st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1, max_size=200),
)
def test_any_card_survives_being_written(numbers, name):
    name = name.replace("\x7f", "?")
    card = ModelCard(
        name=name,
        task="multilabel",
        architecture="a",
        encoder="",
        bands=tuple(f"s2/B{number}" for number in range(len(numbers))),
        input_size=8,
        resample="bilinear",
        mean=tuple(numbers),
        std=tuple(math.fabs(number) + 1 for number in numbers),
        classes=(CardClass(1, name, "#00ff00"),),
        activation="sigmoid",
        gsd_m=(1.0, 2.0),
        licence="MIT",
        source="here",
    )
    assert model_card.parse(card.to_json()) == card
    assert model_card.parse(dataclasses.replace(card, synthetic=True).to_json()) != card


def test_the_card_of_the_documentation_is_one():
    page = Path(__file__).resolve().parents[2] / "docs" / "models.md"
    example = re.search(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    card = model_card.parse(example[1])
    assert not card.extra
    assert len(card.bands) == 4
