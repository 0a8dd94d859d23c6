"""Our BERT gives what the libraries give, and loads models of other sizes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

os.environ["HF_HUB_OFFLINE"] = "1"

from explainers.support.bert_model import MINILM, load_encoder, read_folder

TEXTS = [
    "the river bank was muddy",
    "O filme não foi chato, e o roteiro é ótimo!",
    "good",
    "",
    "a 😀 b " * 30,
]


@pytest.fixture(scope="module")
def library() -> Any:
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(MINILM, attn_implementation="eager").eval()
    return model, AutoTokenizer.from_pretrained(MINILM)


@pytest.mark.parametrize("text", TEXTS)
@torch.no_grad()
def test_hidden_states_and_attentions_are_those_of_transformers(text: str, library: Any) -> None:
    model, tokenizer = library
    ours = load_encoder().encode(text)
    given = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
    theirs = model(**given, output_hidden_states=True, output_attentions=True)
    assert ours.pieces == tokenizer.convert_ids_to_tokens(given["input_ids"][0])
    assert ours.hidden.shape == (7, len(ours.pieces), 384)
    assert ours.attentions.shape == (6, 12, len(ours.pieces), len(ours.pieces))
    torch.testing.assert_close(ours.hidden, torch.cat(theirs.hidden_states), atol=1e-5, rtol=0)
    torch.testing.assert_close(ours.attentions, torch.cat(theirs.attentions), atol=1e-5, rtol=0)


def test_sentence_vectors_are_those_of_sentence_transformers(library: Any) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [*TEXTS, "word " * 400]  # the last one is cut after 256 pieces, by both
    theirs = SentenceTransformer(str(MINILM), device="cpu").encode(texts)
    np.testing.assert_allclose(load_encoder().vectors(texts).numpy(), theirs, atol=1e-5)


def test_one_copy_whose_weights_cannot_learn() -> None:
    encoder = load_encoder()
    assert encoder is load_encoder(str(MINILM))
    assert not any(p.requires_grad for p in encoder.bert.parameters())
    layer = encoder.layer(6)
    with torch.no_grad():
        layer.norm.weight.zero_()
    assert encoder.shared_layer(6).norm.weight.abs().sum() > 0
    assert all(p.requires_grad for p in layer.parameters())


WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "o", "filme", "bom", "não", "é", "ru", "##im", "Bom"]


@pytest.fixture
def tiny(tmp_path: Path, library: Any) -> Path:
    """A BERT of other sizes, cased, its weights named ``bert.…``, without ``tokenizer.json``."""
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=12, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=20, max_position_embeddings=16,
    )  # fmt: skip
    BertForMaskedLM(config).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    return tmp_path


@torch.no_grad()
def test_a_bert_of_other_sizes(tiny: Path) -> None:
    from transformers import BertModel

    assert any(name.startswith("bert.") for name in load_file(tiny / "model.safetensors"))
    encoder = read_folder(tiny)
    ours = encoder.encode("o filme não é ruim")
    assert ours.pieces == ["[CLS]", "o", "filme", "não", "é", "ru", "##im", "[SEP]"]
    assert encoder.pieces("Bom bom") == ["Bom", "bom"]
    assert ours.pieces_of(14, 18) == [5, 6]
    assert ours.attentions.shape == (2, 3, 8, 8)
    ids = torch.tensor([[WORDS.index(piece) for piece in ours.pieces]])
    library: Any = BertModel.from_pretrained(tiny, attn_implementation="eager")
    theirs = library.eval()(ids, output_hidden_states=True)
    torch.testing.assert_close(ours.hidden, torch.cat(theirs.hidden_states), atol=1e-6, rtol=0)
    assert len(encoder.encode("o " * 40).pieces) == 16


def test_a_folder_that_does_not_fit_says_so(tiny: Path) -> None:
    weights = load_file(tiny / "model.safetensors")
    save_file({k: v for k, v in weights.items() if "layer.1.output" not in k}, tiny / "model.safetensors")
    with pytest.raises(ValueError, match=r"not those its config\.json describes"):
        read_folder(tiny)
    config = json.loads((tiny / "config.json").read_text())
    (tiny / "config.json").write_text(json.dumps({**config, "model_type": "gpt2"}))
    with pytest.raises(ValueError, match="not a BERT"):
        read_folder(tiny)
    (tiny / "config.json").unlink()
    with pytest.raises(FileNotFoundError):
        read_folder(tiny)
