"""Texts in, vectors out; BERTimbau from a folder or the hub, and a sentence for whatever is wrong with it."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch

from explainers.support import bertimbau, encoders
from explainers.support.contest import UnavailableError
from explainers.support.contract import Array
from explainers.support.glove_vectors import load

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "O", "o", "rio", "Rio", "é", "bel", "##o", "."]
TEXTS = ["O Rio é belo.", "o rio é belo.", "rio", "", "O O O rio xyz"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with the files of BERTimbau's folder: a list of pieces and no tokenizer.json."""
    from transformers import BertConfig, BertForPreTraining

    folder = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(3)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    config = BertConfig(vocab_size=len(PIECES), max_position_embeddings=40, **sizes)  # type: ignore[arg-type]
    BertForPreTraining(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    return folder


@pytest.fixture
def copy(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may spoil; the server is told to use it."""
    folder = copytree(tiny, tmp_path / "secret place")
    monkeypatch.setenv(bertimbau.VARIABLE, str(folder))
    return folder


def unit(vectors: Array) -> Array:
    found: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def refused() -> tuple[str, dict[str, Any]]:
    """Which sentence BERTimbau gives, and what fills it."""
    with pytest.raises(UnavailableError) as caught:
        encoders.portuguese()
    assert "secret place" not in f"{caught.value!r} {caught.value.say} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.say.key, dict(caught.value.say.values)


@torch.no_grad()
def test_a_folder_gives_the_vectors_of_transformers(copy: Path) -> None:
    from transformers import BertModel, BertTokenizer

    encoder = encoders.portuguese()
    tokenizer, model = (
        BertTokenizer(str(copy / "vocab.txt"), do_lower_case=False),
        BertModel.from_pretrained(copy),
    )
    assert tokenizer.tokenize("O Rio é belo.") == ["O", "Rio", "é", "bel", "##o", "."]
    given = tokenizer(TEXTS, padding=True, return_tensors="pt")
    theirs = model(**given).last_hidden_state  # (N, T, d)
    here = given["attention_mask"][..., None]  # (N, T, 1)
    means = ((theirs * here).sum(1) / here.sum(1)).numpy()  # (N, d)
    ours = encoder.encode(TEXTS)
    assert ours.shape == (len(TEXTS), 32) and ours.dtype == np.float32
    np.testing.assert_allclose(ours, unit(means), atol=1e-5)
    assert not np.allclose(ours[0], ours[1], atol=1e-3), "capitals count"
    assert encoder.dimensions == 32
    assert encoder.megabytes == pytest.approx((copy / "model.safetensors").stat().st_size / 1e6)


def test_the_conversion_of_the_readme(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    before = encoders.portuguese().encode(TEXTS)
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    assert refused()[0] == "bertimbau_pickle"
    made = tmp_path / "made"
    AutoModel.from_pretrained(copy).save_pretrained(made)
    AutoTokenizer.from_pretrained(copy).save_pretrained(made)
    monkeypatch.setenv(bertimbau.VARIABLE, str(made))
    np.testing.assert_allclose(encoders.portuguese().encode(TEXTS), before, atol=1e-6)


def test_unset_nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bertimbau, "fetched", None)
    for value in (None, "", "  "):
        if value is None:
            monkeypatch.delenv(bertimbau.VARIABLE, raising=False)
        else:
            monkeypatch.setenv(bertimbau.VARIABLE, value)
        assert refused() == ("bertimbau_unset", {"variable": bertimbau.VARIABLE})


@pytest.mark.parametrize(
    "name", ["/secret place/x", "./a/b", "../x", "a", "a/b/c", "https://hub/a/b", "a b/c"]
)
def test_what_is_neither_a_folder_nor_a_name(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path / "here"  # what stands beside the project is no matter
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(bertimbau, "fetched", None)
    monkeypatch.setenv(bertimbau.VARIABLE, name)
    assert refused()[0] == "bertimbau_folder"


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def configured(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return change


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "key", "values"),
    [
        (pickled, "bertimbau_pickle", {"variable": bertimbau.VARIABLE}),
        (without("model.safetensors"), "bertimbau_missing", {"file": "model.safetensors"}),
        (without("config.json"), "bertimbau_missing", {"file": "config.json"}),
        (without("vocab.txt"), "bertimbau_missing", {"file": "tokenizer.json"}),
        (without("tokenizer_config.json"), "bertimbau_missing", {"file": "tokenizer.json"}),
        (cut, "bertimbau_damaged", {}),
        (configured(model_type="roberta"), "bertimbau_kind", {}),
        (configured(num_hidden_layers=3), "bertimbau_kind", {}),
        (configured(hidden_size=64), "bertimbau_kind", {}),
        (lambda folder: (folder / "config.json").write_text("{"), "bertimbau_kind", {}),
    ],
)
def test_each_fault_of_a_folder_has_its_sentence(
    spoil: Callable[[Path], None], key: str, values: dict[str, Any], copy: Path
) -> None:
    spoil(copy)
    assert refused() == (key, values)


@pytest.fixture
def hub(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A hub on this machine that has ``owner/tiny``; which paths were asked for, and what it lists."""
    state: dict[str, Any] = {"asked": [], "files": [path.name for path in tiny.iterdir()], "status": 200}
    commit = "c" * 40

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self, body: bool = True) -> None:
            state["asked"].append(self.path)
            name, data = self.path.split("?")[0].split("/")[-1], b""
            if state["status"] == 200 and "/tree/" in self.path:
                tree = [{"type": "file", "path": file, "oid": file, "size": 1} for file in state["files"]]
                data = json.dumps(tree).encode()
            elif state["status"] == 200 and self.path.startswith("/api/models/owner/tiny"):
                listed = [{"rfilename": file} for file in state["files"]]
                data = json.dumps({"id": "owner/tiny", "sha": commit, "siblings": listed}).encode()
            elif (
                state["status"] == 200
                and self.path.startswith("/owner/tiny/resolve")
                and (tiny / name).is_file()
            ):
                data = (tiny / name).read_bytes()
            self.send_response(state["status"] if data or state["status"] != 200 else 404)
            if not data and state["status"] == 200:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("ETag", f'"{name}"')
            self.send_header("X-Repo-Commit", commit)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.wfile.write(data)

        def do_HEAD(self) -> None:
            self.do_GET(body=False)

        def log_message(self, *_: Any) -> None:
            pass

    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in {
        "ENDPOINT": address,
        "HUGGINGFACE_CO_URL_TEMPLATE": address + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "HF_HUB_OFFLINE": False,
    }.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setenv(bertimbau.VARIABLE, "owner/tiny")

    def stop() -> None:
        server.shutdown()
        server.server_close()
        state["stop"] = lambda: None

    state["stop"] = stop
    yield state
    state["stop"]()


def test_the_hub_gives_what_is_needed_and_nothing_else(
    hub: dict[str, Any], copy: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = encoders.portuguese().encode(TEXTS)
    monkeypatch.setenv(bertimbau.VARIABLE, "owner/tiny")
    hub["files"] += ["pytorch_model.bin", "tf_model.h5", "README.md"]
    np.testing.assert_array_equal(encoders.portuguese().encode(TEXTS), here)
    fetched = {path.split("/")[-1] for path in hub["asked"] if "/resolve/" in path}
    assert fetched == {"config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"}
    hub["stop"]()
    np.testing.assert_array_equal(encoders.portuguese().encode(TEXTS), here)


def test_each_fault_of_the_hub_has_its_sentence(hub: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    hub["files"] = ["config.json", "pytorch_model.bin"]
    assert refused()[0] == "bertimbau_pickle"
    assert not [path for path in hub["asked"] if "/resolve/" in path], "a pickle is not even fetched"
    monkeypatch.setenv(bertimbau.VARIABLE, "owner/other")
    assert refused()[0] == "bertimbau_no_such"
    monkeypatch.setenv(bertimbau.VARIABLE, "owner/tiny")
    hub["status"] = 500
    assert refused()[0] == "bertimbau_hub"
    hub["stop"]()
    assert refused()[0] == "bertimbau_hub"


def test_one_hot_counts_words() -> None:
    encoder = encoders.one_hot()
    found = encoder.encode(["Good good film.", "film good. good", "zorgle", ""])
    assert found.shape == (4, encoder.dimensions) and encoder.dimensions == encoders.WORDS
    assert sorted(found[0][found[0] > 0]) == [1, 1, 2]
    np.testing.assert_array_equal(found[0], found[1])
    assert not found[2:].any()


def test_glove_takes_the_mean_of_the_words_it_knows() -> None:
    encoder, known = encoders.glove(), load()
    found = encoder.encode(["Good film xqzzyq", "xqzzyq", ""])
    good, film = known.vector("good"), known.vector("film")
    assert good is not None and film is not None
    np.testing.assert_allclose(found[0], (good + film) / 2, atol=1e-6)
    assert not found[1:].any()
    assert (encoder.dimensions, encoder.megabytes) == (50, 80.0)
