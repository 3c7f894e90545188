import json

import numpy as np
import pytest
import scipy.special

from eoexplore import models
from eoexplore.core.errors import ModelError
from eoexplore.models import _reben_facts
from tests import zoo

# Small members of the families that are built in the same way; the eight published ones are
# loaded by benchmarks/zoo.py.
SMALL = ("test_resnet", "test_convnext2", "mobilevit_xxs", "mixer_s16_224", "vit_small_patch8_224")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def stacked(values: dict[str, np.ndarray], bands: tuple[str, ...]) -> np.ndarray:
    """Stack stored values as a card orders its bands."""
    return np.stack([values[band.partition("/")[2]] for band in bands], axis=1)


def plain_logits(made, values: dict[str, np.ndarray], bands: str) -> np.ndarray:
    """Return what timm's own network says of the published order and normalisation."""
    import torch

    with torch.no_grad():
        return made(torch.from_numpy(zoo.normalised(values, bands))).numpy()


def expected(logits: np.ndarray) -> np.ndarray:
    return scipy.special.expit(logits.astype(np.float64))


@pytest.mark.parametrize("architecture", [*SMALL, "resnet50", "convmixer_768_32", "rdnet_tiny"])
def test_a_published_layout_gives_the_logits_of_the_plain_network(tmp_path, architecture):
    import torch

    made = zoo.network(architecture)
    folder = zoo.save(tmp_path / f"{architecture}-all-v0.2.0", made, architecture)
    loaded = models.open_folder(folder).load("cpu")
    values = zoo.patches(zoo.BANDS["all-v0.2.0"])
    logits = plain_logits(made, values, zoo.BANDS["all-v0.2.0"])
    batch = stacked(values, loaded.card.bands)
    with torch.no_grad():
        found = loaded.network(loaded.prepare(batch)).numpy()
    assert np.abs(found - logits).max() <= 1e-5
    assert np.abs(loaded.predict(batch) - expected(logits)).max() <= 1e-5
    # The networks tell the two patches apart, so that equal answers mean something.
    assert np.abs(logits[0] - logits[1]).max() > 0.1


@pytest.fixture(scope="module")
def loaded_by_name(tmp_path_factory):
    """Return a function that saves and loads a small network under a modality and a version."""
    made = {}

    def load(name: str):
        if name not in made:
            channels = len(zoo.BANDS[name].split())
            network = zoo.network("test_resnet", channels)
            folder = tmp_path_factory.mktemp("zoo") / f"test_resnet-{name}"
            zoo.save(folder, network, "test_resnet", channels)
            made[name] = network, models.open_folder(folder).load("cpu")
        return made[name]

    return load


@pytest.mark.parametrize("name", zoo.BANDS)
def test_every_modality_and_version_has_the_published_order(loaded_by_name, name):
    made, loaded = loaded_by_name(name)
    values = zoo.patches(zoo.BANDS[name])
    logits = plain_logits(made, values, zoo.BANDS[name])
    found = loaded.predict(stacked(values, loaded.card.bands))
    assert np.abs(found - expected(logits)).max() <= 1e-5


def test_the_order_of_the_other_version_gives_another_answer(loaded_by_name):
    made, loaded = loaded_by_name("all-v0.2.0")
    values = zoo.patches(zoo.BANDS["all-v0.2.0"])
    right = plain_logits(made, values, zoo.BANDS["all-v0.2.0"])
    wrong = plain_logits(made, values, zoo.BANDS["all-v0.1.1"])
    found = loaded.predict(stacked(values, loaded.card.bands))
    assert np.abs(expected(wrong) - expected(right)).max() > 0.01
    assert np.abs(found - expected(wrong)).max() > 0.01


def test_classes_are_in_the_order_of_the_alphabet(loaded_by_name):
    _, loaded = loaded_by_name("s2-v0.2.0")
    names = list(loaded.card.class_names)
    assert names == sorted(names)
    # Places of the published table of both orders: paper 0 is alphabetical 18, 17 is 8.
    assert names[18] == "Urban fabric"
    assert names[8] == "Inland waters"
    assert names[0] == "Agro-forestry areas"


def test_the_numbers_belong_to_the_names(tmp_path):
    """A network whose head answers one class only says the name at that place of the alphabet."""
    import torch

    made = zoo.network("test_resnet", 10)
    with torch.no_grad():
        made.get_classifier().weight.zero_()
        made.get_classifier().bias.fill_(-20.0)
        made.get_classifier().bias[11] = 20.0
    folder = zoo.save(tmp_path / "test_resnet-s2-v0.2.0", made, "test_resnet", 10)
    loaded = models.open_folder(folder).load("cpu")
    scores = loaded.predict(np.zeros((1, 10, 120, 120), np.float32))[0]
    assert loaded.card.class_names[int(scores.argmax())] == "Marine waters"


def test_classes_are_those_of_the_dataset():
    from eoexplore.datasets._reben_facts import classes

    schema = classes()
    ours = {item.name: (item.code, item.colour) for item in _reben_facts.classes()}
    assert ours == {item.name: (item.codes[0], item.colour) for item in schema.classes}
    assert tuple(ours) == schema.orders["alphabetical"]
    assert tuple(ours) != schema.orders["paper"]


def test_bands_are_those_of_the_dataset():
    from eoexplore.datasets._reben_facts import LAYERS

    known = {f"{layer.name}/{band.name}" for layer in LAYERS for band in layer.bands}
    assert set(_reben_facts.STATISTICS) <= known


def test_means_and_deviations_are_the_published_ones():
    ours = {key.partition("/")[2]: value for key, value in _reben_facts.STATISTICS.items()}
    assert ours == zoo.STATISTICS


def test_a_missing_value_counts_as_the_mean_of_its_band(loaded_by_name):
    _, loaded = loaded_by_name("s1-v0.2.0")
    holes = np.full((1, 2, 120, 120), np.nan, np.float32)
    means = np.empty_like(holes)
    means[:] = np.array([-12.643864, -19.352558], np.float32)[:, None, None]
    assert np.allclose(loaded.predict(holes), loaded.predict(means), atol=1e-6)


def test_the_card_says_where_it_is_good_for(loaded_by_name):
    _, loaded = loaded_by_name("all-v0.1.1")
    card = loaded.card
    assert (card.task, card.activation, card.resample) == ("multilabel", "sigmoid", "nearest")
    assert card.input_size == 120
    assert card.gsd_m[0] <= 10 <= card.gsd_m[1]
    assert card.gsd_m[0] > 1
    assert card.gsd_m[1] < 60
    assert card.trained_on["split"] == "train"
    assert card.scores == {}  # A folder with a published name need not hold published weights.
    assert len(card.sha256) == 64
    assert card.layers == ("s2", "s1")


def refusal(folder) -> str:
    with pytest.raises(ModelError) as caught:
        models.open_folder(folder).load("cpu")
    text = str(caught.value)
    assert len(text) < 400
    return text


@pytest.fixture(scope="module")
def small():
    return zoo.network("test_resnet", 10)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("test_resnet-s2", "version"),
        ("anything", "version"),
        ("test_resnet-s2-v0.3.0", "v0.3.0 is unknown. Known: v0.2.0 or v0.1.1"),
        ("test_resnet-all-v0.2.0", "10 channels"),
        ("test_resnet-s1-v0.1.1", "10 channels"),
    ],
)
def test_a_name_that_does_not_tell_the_order_is_refused(tmp_path, small, name, says):
    assert says in refusal(zoo.save(tmp_path / name, small, "test_resnet", 10))


def test_the_version_can_be_given_in_a_note(tmp_path, small):
    folder = zoo.save(tmp_path / "my training", small, "test_resnet", 10)
    (folder / "zoo.json").write_text('{"version": "v0.1.1"}')
    loaded = models.open_folder(folder).load("cpu")
    assert loaded.card.bands == tuple(f"s2/{band}" for band in zoo.BANDS["s2-v0.1.1"].split())


def test_a_note_that_contradicts_the_name_is_refused(tmp_path, small):
    folder = zoo.save(tmp_path / "test_resnet-s2-v0.2.0", small, "test_resnet", 10)
    (folder / "zoo.json").write_text('{"version": "v0.1.1"}')
    assert "which is it" in refusal(folder)
    (folder / "zoo.json").write_text("[]")
    assert "zoo.json" in refusal(folder)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"channels": 3}, "3 channels"),
        ({"channels": None}, "channels"),
        ({"channels": [2]}, "channels"),
        ({"classes": 43}, "classes 43"),
        ({"image_size": 224}, "image_size 224"),
        ({"timm_model_name": "hf-hub:somebody/something"}, "no name of an architecture"),
        ({"timm_model_name": "local-dir:anything"}, "no name of an architecture"),
        ({"timm_model_name": "resnet_of_nobody"}, "timm has no architecture"),
        ({"timm_model_name": None}, "names no network"),
        ({"timm_model_name": "test_vit"}, "does not take 10 bands of 120 × 120"),
        ({"timm_model_name": "test_convnext2"}, "another network"),
        ({"channels": 12}, "12 channels"),
    ],
)
def test_a_configuration_that_cannot_be_right_is_refused(tmp_path, small, config, says):
    folder = tmp_path / "test_resnet-s2-v0.2.0"
    zoo.save(folder, small, "test_resnet", 10)
    text = {**zoo.CONFIG, "timm_model_name": "test_resnet", "channels": 10, **config}
    (folder / "config.json").write_text(json.dumps(text))
    assert says in refusal(folder)


def test_keys_of_a_configuration_that_nobody_knows_do_no_harm(tmp_path, small):
    folder = zoo.save(tmp_path / "x-s2-v0.2.0", small, "test_resnet", 10, tomorrow={"a": [1]})
    assert models.open_folder(folder).load("cpu").bytes > 0


def test_weights_of_other_channels_are_refused(tmp_path, small):
    folder = zoo.save(tmp_path / "x-v0.2.0", small, "test_resnet", 12)
    text = refusal(folder)
    assert "conv1" in text
    assert "10" in text
    assert "12" in text


def test_weights_without_the_published_prefix_are_refused(tmp_path, small, monkeypatch):
    monkeypatch.setattr(zoo, "PREFIX", "vision_encoder.")
    text = refusal(zoo.save(tmp_path / "x-s2-v0.2.0", small, "test_resnet", 10))
    assert "model.vision_encoder." in text
    assert "vision_encoder.conv1.weight" in text or "vision_encoder." in text.partition("such")[2]


def test_published_scores_belong_to_the_id():
    scores = _reben_facts.scores("BIFOLD-BigEarthNetv2-0/resnet50-all-v0.2.0")
    assert scores["average_precision_macro"] == 0.7033
    assert scores["f1_micro"] == 0.7666
    assert _reben_facts.scores("somebody/resnet50-all-v0.2.0") == {}
    repeated = _reben_facts.scores("BIFOLD-BigEarthNetv2-0/mobilevit_s-all-v0.1.1")
    assert "precision_macro" not in repeated
