"""Where a model looked and which bands mattered, on networks whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from eoexplore.core.errors import ModelError
from eoexplore.models import _timm, _torchvision, attribution
from eoexplore.models._network import LoadedNetwork


def loaded(network, bands, size, activation="sigmoid"):
    card = SimpleNamespace(
        name="known",
        bands=("s2/B02",) * bands,
        input_size=size,
        mean=(1.0,) * bands,
        std=(2.0,) * bands,
        activation=activation,
    )
    return LoadedNetwork(card, network.eval(), "cpu", 0)


def spots(size=8):
    """Two bands: one bright above on the left, one below on the right; else the mean."""
    patch = np.ones((2, size, size), np.float32)
    patch[0, :4, :4] = 9
    patch[1, -2:, -2:] = 9
    return patch


class Maps(nn.Module):
    """Class k is the mean of band k, over features of a quarter of the pixels."""

    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(2, 2, 2, stride=2, bias=False)
        self.features.weight.data = torch.eye(2)[:, :, None, None].expand(2, 2, 2, 2) / 4

    def forward(self, seen):
        return self.features(seen).mean(dim=(2, 3))


class Last(Maps):
    """The same with features last, as Swin of timm has them."""

    output_fmt = "NHWC"

    def forward_features(self, seen):
        return self.features(seen).permute(0, 2, 3, 1)

    def forward_head(self, features):
        return features.mean(dim=(1, 2))


class Tokens(Maps):
    """The same, as a transformer has it: a list of tokens behind one that is no place."""

    num_prefix_tokens = 1
    patch_embed = SimpleNamespace(grid_size=(4, 4))

    def forward_features(self, seen):
        tokens = self.features(seen).flatten(2).transpose(1, 2)
        return torch.cat([torch.full_like(tokens[:, :1], 50), tokens], dim=1)

    def forward_head(self, tokens):
        return tokens[:, 1:].mean(dim=1)

    def forward(self, seen):
        return self.forward_head(self.forward_features(seen))


class Masks(nn.Module):
    """An encoder that gives several maps, and a mask of two classes and a rest from the last."""

    def __init__(self):
        super().__init__()
        self.encoder = Pyramid()

    def forward(self, seen):
        fine = functional.interpolate(self.encoder(seen)[-1], scale_factor=2.0)
        return torch.cat([fine, torch.ones_like(fine[:, :1])], dim=1)


class Pyramid(Maps):
    def forward(self, seen):
        return [seen, self.features(seen)]


@pytest.mark.parametrize("network", [Maps, Last, Tokens, Masks])
def test_the_heat_of_a_class_lies_where_its_band_is_bright(network):
    model = loaded(network(), 2, 8, "softmax" if network is Masks else "sigmoid")
    for place, bright in enumerate([np.s_[:4, :4], np.s_[-2:, -2:]]):
        found = attribution.heat(model, spots(), place)
        assert found.shape == (8, 8)
        assert found.max() == 1
        assert np.unravel_index(found.argmax(), (8, 8)) in {(i, i) for i in (0, 1, 7)}
        assert found[bright].mean() > 0.5
        other = [np.s_[-2:, -2:], np.s_[:2, :2]][place]
        assert found[other].max() == 0


def test_nothing_speaks_for_a_class_that_is_nowhere():
    dark = np.full((2, 8, 8), 0.0, np.float32)
    assert attribution.heat(loaded(Maps(), 2, 8), dark, 0).max() == 0


def test_a_convolutional_network_has_the_heat_of_captum():
    from captum.attr import LayerGradCam

    torch.manual_seed(0)
    network = _timm.build("resnet10t", 3, 6, 64)
    model = loaded(network, 3, 64)
    patch = np.random.default_rng(0).random((3, 64, 64), np.float32) * 8
    warm = 0
    for place in range(6):
        found = attribution.heat(model, patch, place)
        peer = LayerGradCam(network, network.layer4).attribute(
            model.prepare(patch[None]), target=place, relu_attributions=True
        )
        peer = functional.interpolate(peer, size=(64, 64), mode="bilinear", align_corners=False)
        largest = peer.max() if peer.max() > 0 else 1
        np.testing.assert_allclose(found, (peer / largest)[0, 0].detach(), atol=1e-5)
        warm += found.max() == 1
    assert warm


def transformer():
    _torchvision.ready()
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(48, 8, 3, 4, embed_dim=24, depth=2, num_heads=2)


def mixer():
    _torchvision.ready()
    from timm.models.mlp_mixer import MlpMixer

    return MlpMixer(4, 48, 3, 8, num_blocks=2, embed_dim=24)


@pytest.mark.parametrize("build", [transformer, mixer])
def test_tokens_become_a_map_that_depends_on_the_class(build):
    torch.manual_seed(1)
    network = build()
    for weights in network.parameters():
        # Some begin with a last layer of zeros, which looks nowhere.
        nn.init.normal_(weights, std=0.2)
    model = loaded(network, 3, 48)
    patch = np.random.default_rng(0).random((3, 48, 48), np.float32) * 8
    found = [attribution.heat(model, patch, place) for place in range(4)]
    assert all(one.shape == (48, 48) for one in found)
    assert sum(one.max() == 1 for one in found) >= 2
    assert len({one.tobytes() for one in found}) >= 3


class OneBand(nn.Module):
    """Class 0 is three times the mean of the second band; class 1 its opposite."""

    def forward(self, seen):
        score = 3 * seen[:, 1].mean(dim=(1, 2))
        return torch.stack([score, -score], dim=1)


def test_only_the_band_that_is_looked_at_matters():
    model = loaded(OneBand(), 3, 4)
    patch = np.full((3, 4, 4), 3.0, np.float32)
    # (3 - 1) / 2 = 1 after normalisation: the logit is 3, without the band 0.
    np.testing.assert_allclose(attribution.gradients(model, patch, 0), [0, 3, 0], atol=1e-6)
    np.testing.assert_allclose(attribution.gradients(model, patch, 1), [0, -3, 0], atol=1e-6)
    fall = 1 / (1 + np.exp(-3)) - 0.5
    found = attribution.occluded(model.predict, patch, 0)
    np.testing.assert_allclose(found, [0, fall, 0], atol=1e-6)
    found = attribution.occluded(model.predict, patch, 1)
    np.testing.assert_allclose(found, [0, -fall, 0], atol=1e-6)


def test_bands_of_a_mask_matter_where_the_class_is():
    model = loaded(Masks(), 2, 8, "softmax")
    inside = attribution.occluded(model.predict, spots(), 0)
    # Within the spot the class goes from softmax(4, 0, 1) to softmax(0, 0, 1).
    e = np.exp
    fall = e(4) / (e(4) + 1 + e(1)) - 1 / (2 + e(1))
    np.testing.assert_allclose(inside, [fall, 0], atol=1e-6)
    everywhere = attribution.occluded(model.predict, spots(), 0, np.ones((8, 8), bool))
    assert 0 < everywhere[0] < inside[0]


def test_the_patch_is_left_as_it_was():
    patch = spots()
    attribution.occluded(loaded(Maps(), 2, 8).predict, patch, 0)
    np.testing.assert_array_equal(patch, spots())


@pytest.mark.parametrize("place", [-1, 2])
def test_a_class_that_the_model_has_not_is_refused(place):
    model = loaded(Maps(), 2, 8)
    for work in (attribution.heat, attribution.gradients):
        with pytest.raises(ModelError, match="2 classes"):
            work(model, spots(), place)
    with pytest.raises(ModelError, match="2 classes"):
        attribution.occluded(model.predict, spots(), place)


def test_what_is_no_network_has_no_gradients():
    plain = SimpleNamespace(network=None, card=SimpleNamespace(name="forest"))
    with pytest.raises(ModelError, match="occlusion"):
        attribution.heat(plain, spots(), 0)


def test_a_network_without_maps_says_so():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(2 * 64, 2))
    with pytest.raises(ModelError, match="no map of features"):
        attribution.heat(loaded(flat, 2, 8), spots(), 0)
