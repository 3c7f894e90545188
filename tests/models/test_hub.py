import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from eoexplore import models
from eoexplore.core.errors import ModelError, UnknownName
from eoexplore.models import _hub
from tests import zoo

GOOD = "BIFOLD-BigEarthNetv2-0/test_resnet-s1-v0.2.0"


@dataclass
class FakeHub:
    """Answers as the hub does, from this machine, and notes what it was asked for."""

    files: dict[str, bytes]
    sizes: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def handler(hub) -> type[http.server.BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.answer(body=False)

            def do_GET(self):
                self.answer(body=True)

            def answer(self, body: bool):
                hub.asked.append((self.command, self.path))
                hub.tokens += [self.headers["Authorization"]] * ("Authorization" in self.headers)
                repository, _, rest = self.path[1:].partition("/resolve/main/")
                known = {name.rpartition("/")[0] for name in hub.files}
                data = hub.files.get(f"{repository}/{rest}")
                self.send_response(200 if data is not None else 404)
                if repository not in known:
                    self.send_header("X-Error-Code", "RepoNotFound")
                elif data is None:
                    self.send_header("X-Error-Code", "EntryNotFound")
                if data is not None:
                    self.send_header("ETag", f'"{abs(hash(data)):040x}"')
                    self.send_header("X-Repo-Commit", "0" * 40)
                size = hub.sizes.get(rest, len(data or b""))
                self.send_header("Content-Length", str(size))
                self.end_headers()
                if body and data:
                    self.wfile.write(data)

            def log_message(self, *arguments):
                """Say nothing."""

        return Handler


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("published")
    zoo.save(folder, zoo.network("test_resnet", 2), "test_resnet", 2)
    return {name: (folder / name).read_bytes() for name in _hub.FILES}


@pytest.fixture
def hub(files, monkeypatch, tmp_path) -> Iterator[FakeHub]:
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    repositories = (GOOD, "somebody/mine", "somebody/half-s1-v0.2.0")
    served = {f"{name}/{file}": data for name in repositories for file, data in files.items()}
    del served["somebody/half-s1-v0.2.0/model.safetensors"]
    served["somebody/language/config.json"] = b'{"model_type": "bert"}'
    served["somebody/language/model.safetensors"] = files["model.safetensors"]
    served["somebody/language/pytorch_model.bin"] = b"never asked for"
    fake = FakeHub(served)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), fake.handler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def refusal(*arguments: str) -> str:
    with pytest.raises(ModelError) as caught:
        models.fetch(*arguments)
    text = str(caught.value)
    assert len(text) < 400
    assert "Traceback" not in text
    return text


def test_a_model_is_downloaded_by_its_id_and_kept(hub, files, tmp_path):
    name = models.fetch(GOOD)
    (offer,) = [offer for offer in models.available() if offer.origin == "hub"]
    assert (offer.name, name) == (GOOD, GOOD)
    assert offer.card.bands == ("s1/VV", "s1/VH")
    assert offer.card.licence == "MIT"
    assert offer.card.source == f"https://huggingface.co/{GOOD}"
    assert models.load(name).bytes > 0
    before = len(hub.asked)
    assert models.fetch(GOOD) == GOOD
    assert len(hub.asked) == before


def test_nothing_but_the_two_files_is_asked_for_and_no_account_is_told(hub):
    models.fetch(GOOD)
    assert {path for _, path in hub.asked} == {f"/{GOOD}/resolve/main/{n}" for n in _hub.FILES}
    assert {verb for verb, _ in hub.asked} == {"HEAD", "GET"}
    assert hub.tokens == []


def test_the_configuration_is_judged_before_the_weights_are_fetched(hub):
    assert "timm_model_name" in refusal("somebody/language")
    assert not [path for _, path in hub.asked if "safetensors" in path]
    assert "somebody/language" not in _hub.kept()


def test_a_version_that_the_name_does_not_say_can_be_given(hub):
    assert "version" in refusal("somebody/mine")
    assert "v9.9.9" in refusal("somebody/mine", "v9.9.9")
    assert "version" in refusal("somebody/mine")  # The wrong one was not kept.
    name = models.fetch("somebody/mine", "v0.1.1")
    loaded = models.load(name)
    assert loaded.card.bands == ("s1/VH", "s1/VV")
    assert loaded.card.licence != "MIT"
    assert json.loads((_hub.folder_of(name) / "zoo.json").read_text())["version"] == "v0.1.1"


def test_a_repository_or_file_that_is_not_there_is_one_sentence(hub):
    assert "no public repository" in refusal("nobody/resnet50-all-v0.2.0")
    assert "no model.safetensors" in refusal("somebody/half-s1-v0.2.0")
    assert "somebody/half-s1-v0.2.0" not in _hub.kept()


def test_a_file_that_is_too_large_is_not_fetched(hub):
    hub.sizes["model.safetensors"] = 5_000_000_000
    assert "5,000,000,000 bytes" in refusal(GOOD)
    assert ("GET", f"/{GOOD}/resolve/main/model.safetensors") not in hub.asked


def test_the_hub_can_be_switched_off(hub, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_HUB", "0")
    assert "EOEXPLORE_HUB" in refusal(GOOD)
    assert hub.asked == []


def test_what_was_downloaded_stays_when_the_hub_is_switched_off(hub, monkeypatch):
    models.fetch(GOOD)
    monkeypatch.setenv("EOEXPLORE_HUB", "0")
    assert models.fetch(GOOD) == GOOD
    assert models.load(GOOD).card.name == "test_resnet-s1-v0.2.0"


def test_a_missing_network_is_one_sentence(monkeypatch, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    assert "cannot be reached" in refusal(GOOD)
    assert _hub.kept() == {}


@pytest.mark.parametrize(
    "text",
    [
        "resnet50", "a/b/c", "../a/b", "a/..", "/a/b", "a\\b/c", "a--b/c", "a/b--c", "a/b\n",
        "http://a/b", "", "a/" + "b" * 200, "é/b", ".a/b",
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused_before_any_file_or_request(hub, text):
    assert "no id" in refusal(text)
    assert hub.asked == []
    assert not _hub.folder().exists()


def test_an_id_that_was_not_fetched_is_not_known(hub):
    with pytest.raises(UnknownName, match="No model"):
        models.load(GOOD)
    assert hub.asked == []
