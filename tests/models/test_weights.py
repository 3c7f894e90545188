import hashlib
import io
import json
import pickle  # noqa: TID251 - to make what has to be refused
import struct
import zipfile
from pathlib import Path

import pytest

from eoexplore.core.errors import ModelError
from eoexplore.models import _weights


def network():
    import torch

    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def written(path: Path) -> Path:
    import safetensors.torch

    safetensors.torch.save_file(network().state_dict(), path)
    return path


def with_header(header: object, values: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + values


def entry(*shape: int, at: tuple[int, int], dtype: str = "F32") -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(at)}


class Payload:
    """Makes a file when it is loaded as a pickle."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def refusal(path: Path, **words) -> str:
    """Return the sentence that loading gives, and check that it is one."""
    with pytest.raises(ModelError) as caught:
        _weights.load(path, network, **words)
    text = str(caught.value)
    assert 20 < len(text) < 400
    assert text.endswith(".")
    return text


def test_what_was_saved_is_loaded(tmp_path):
    import torch

    made = network()
    import safetensors.torch

    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(made.state_dict(), path)
    found, digest = _weights.load(path, network)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    for name, value in made.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)
    assert not found.training
    assert not any(value.requires_grad for value in found.parameters())


def payloads(marker: Path) -> dict[str, bytes]:
    """Return files that would run code, as torch, numpy and plain pickle write them."""
    import torch

    as_torch = io.BytesIO()
    torch.save({"weight": Payload(marker)}, as_torch)
    old_torch = io.BytesIO()
    torch.save({"weight": Payload(marker)}, old_torch, _use_new_zipfile_serialization=False)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Payload(marker)))
    plain = {f"pickle {n}": pickle.dumps(Payload(marker), protocol=n) for n in range(6)}
    hidden = with_header(pickle.dumps(Payload(marker)))
    files = {"torch": as_torch, "old torch": old_torch, "zip": zipped}
    return {name: file.getvalue() for name, file in files.items()} | plain | {"hidden": hidden}


def test_the_payload_would_run(tmp_path):
    marker = tmp_path / "ran"
    for name, data in payloads(marker).items():
        if name.startswith("pickle"):
            pickle.loads(data)
            assert marker.exists(), name
            marker.unlink()


def test_a_file_that_would_run_code_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "ran"
    path = tmp_path / "model.safetensors"
    for name, data in payloads(marker).items():
        path.write_bytes(data)
        text = refusal(path)
        assert not marker.exists(), name
        if name in {"torch", "old torch", "zip", "pickle 2", "pickle 4", "pickle 5"}:
            assert "run code" in text, name


@pytest.mark.parametrize("left", [0, 5, 9, 40, -1, -9])
def test_a_file_that_is_cut_off_is_refused(tmp_path, left):
    path = written(tmp_path / "model.safetensors")
    path.write_bytes(path.read_bytes()[:left])
    text = refusal(path)
    assert "cut off" in text or left < 10


def test_bytes_after_the_last_tensor_are_refused(tmp_path):
    path = written(tmp_path / "model.safetensors")
    path.write_bytes(path.read_bytes() + b"and more")
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("length", [2**63 - 1, 2**64 - 1, 100_000_000, 8_000_001])
def test_a_huge_header_is_refused_before_it_is_read(tmp_path, length):
    path = tmp_path / "model.safetensors"
    path.write_bytes(with_header({}, length=length))
    assert "at most 8,000,000 bytes" in refusal(path)


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (b"{", 0),
        (b"[]", 0),
        (b"{}", 0),
        (b'{"a":' * 50_000, 0),
        (b'{"a": 1, "a": 2}', 0),
        ({"a": None}, 0),
        ({"a": entry(1, at=(0, 8))}, 8),
        ({"a": entry(2, at=(0, 8)), "b": entry(1, at=(4, 8))}, 8),
        ({"a": entry(1, at=(4, 8))}, 8),
        ({"a": entry(1, at=(8, 4))}, 8),
        ({"a": entry(-1, at=(0, 4))}, 4),
        ({"a": entry(2**40, 2**40, at=(0, 4))}, 4),
        ({"a": entry(2**62, at=(0, 2**64))}, 4),
        ({"a": entry(1, at=(0, 4), dtype="OBJ")}, 4),
        ({"a": entry(1, at=(0, 4), dtype=["F32"])}, 4),
        ({"a": entry(*[1] * 9, at=(0, 4))}, 4),
        ({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, 4),
        ({"a": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}}, 4),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(tmp_path, header, size):
    path = tmp_path / "model.safetensors"
    path.write_bytes(with_header(header, bytes(size)))
    refusal(path)


def test_a_file_of_a_declared_terabyte_is_refused_without_taking_memory(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(with_header({"a": entry(2**38, at=(0, 2**40))}, bytes(8)))
    assert "cut off" in refusal(path)


def test_what_the_format_allows_is_allowed(tmp_path):
    header = {
        "__metadata__": {"format": "pt"},
        "b": entry(at=(0, 8), dtype="I64"),
        "none": entry(0, 4, at=(8, 8)),
        "a": entry(2, 1, at=(8, 12), dtype="BF16"),
    }
    path = tmp_path / "model.safetensors"
    path.write_bytes(with_header(header, bytes(12)))
    assert _weights.check(path) == {"b": (), "none": (0, 4), "a": (2, 1)}


@pytest.mark.parametrize("length", [0x280, 0x380, 0x480, 0x580])
def test_a_length_that_looks_like_a_pickle_is_none(tmp_path, length):
    header = json.dumps({"a": entry(1, at=(0, 4))}).encode().ljust(length)
    path = tmp_path / "model.safetensors"
    path.write_bytes(with_header(header, bytes(4)))
    assert path.read_bytes()[:1] == b"\x80"
    assert _weights.check(path) == {"a": (1,)}


def test_other_weights_than_those_of_the_card_are_refused(tmp_path):
    path = written(tmp_path / "model.safetensors")
    assert "SHA-256" in refusal(path, expected="0" * 64)
    _weights.load(path, network, expected=hashlib.sha256(path.read_bytes()).hexdigest())


def test_tensors_of_another_shape_are_refused(tmp_path):
    import safetensors.torch
    import torch

    path = tmp_path / "model.safetensors"
    other = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2))
    safetensors.torch.save_file(other.state_dict(), path)
    assert "0.weight has the shape 2 × 4, the network has 2 × 3" in refusal(path)


def test_missing_and_unexpected_tensors_are_counted(tmp_path):
    import safetensors.torch
    import torch

    path = tmp_path / "model.safetensors"
    values = network().state_dict()
    del values["0.bias"], values["1.bias"]
    values["more"] = torch.zeros(1)
    safetensors.torch.save_file(values, path)
    assert "2 tensors are missing and 1 are unexpected, such as 0.bias" in refusal(path)


def test_names_without_the_prefix_are_refused(tmp_path):
    path = written(tmp_path / "model.safetensors")
    assert "'model.'" in refusal(path, prefix="model.")


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    import safetensors.torch

    path = tmp_path / "model.safetensors"
    values = network().state_dict()
    values["0.bias"][1] = float("nan")
    safetensors.torch.save_file(values, path)
    assert "0.bias" in refusal(path)


def test_weights_that_are_not_there_are_one_sentence(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "model.safetensors")
    (tmp_path / "folder").mkdir()
    assert "cannot be read" in refusal(tmp_path / "folder")
