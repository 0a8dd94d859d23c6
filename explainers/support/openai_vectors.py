"""OpenAI's text-embedding-ada-002: a paid call to an API, with its cost known before it is made.

The ``openai`` package is optional. Its address is that of the package, or ``OPENAI_BASE_URL``.
"""

import math
import os
import string
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from threading import Lock
from time import perf_counter
from typing import Any

import numpy as np
from pydantic import SecretStr

from explainers.support.contest import UnavailableError
from explainers.support.contract import Array

MODEL = "text-embedding-ada-002"
DIMENSIONS = 1536
# OpenAI, "New embedding models and API updates", 25 January 2024: $0.0001 per 1,000 tokens of ada-002; its
# successors cost 0.02 (text-embedding-3-small) and 0.13 (text-embedding-3-large) per million.
# https://openai.com/index/new-embedding-models-and-api-updates/
DOLLARS_PER_MILLION_TOKENS = 0.10
CHARACTERS_PER_TOKEN = 4  # of English, OpenAI's rule of thumb; good for an estimate, not for a bound
TIMEOUT = 15.0  # seconds without an answer
MOST_TEXTS = 64  # in one call
MOST_BYTES = 30_000  # in one call: a third of a cent
BUDGET = "UNROLLED_OPENAI_DOLLARS"
DEFAULT_BUDGET = 0.10  # dollars that one server spends until it is started again: about 1,000 calls
KEY_CHARACTERS = set(string.ascii_letters + string.digits + string.punctuation)

_lock = Lock()
_spent = 0.0  # dollars, by this process


@dataclass(frozen=True)
class Answer:
    """What came back: ``vectors`` (N, 1536) float32, in the order of the texts, and what it took."""

    vectors: Array
    tokens: int
    seconds: float


def most_tokens(texts: Sequence[str]) -> int:
    """No text has more tokens than bytes: each token stands for at least one. English has about a quarter."""
    return sum(len(text.encode(errors="replace")) for text in texts)


def likely_tokens(texts: Sequence[str]) -> float:
    """How many tokens these texts are likely to have, by the rule of thumb."""
    return sum(len(text) for text in texts) / CHARACTERS_PER_TOKEN


def dollars(tokens: float) -> float:
    """What that many tokens cost."""
    return tokens * DOLLARS_PER_MILLION_TOKENS / 1e6


def budget() -> float:
    """How many dollars this server may spend; what is not a number counts as not said."""
    try:
        value = float(os.environ.get(BUDGET, DEFAULT_BUDGET))
    except ValueError:
        return DEFAULT_BUDGET
    return value if math.isfinite(value) else DEFAULT_BUDGET


def ready(key: SecretStr | None) -> None:
    """Nothing, if a call can be made.

    Raises:
        UnavailableError: if the package or the key is missing, or the key is not one.

    """
    if find_spec("openai") is None:  # looked for, not loaded: that takes a second
        raise UnavailableError("openai_package")
    written = key.get_secret_value() if key else ""
    if not written:
        raise UnavailableError("openai_key")
    # Elsewhere such a key would fail, too, with a message that quotes it.
    if not set(written) <= KEY_CHARACTERS:
        raise UnavailableError("openai_key_characters")


def ask(texts: Sequence[str], key: SecretStr | None, timeout: float = TIMEOUT) -> Answer:
    """One call, never repeated by itself: each may be paid for.

    Raises:
        UnavailableError: if it cannot be made, is too large, or brought no answer.

    """
    ready(key)
    most = most_tokens(texts)
    if not 0 < len(texts) <= MOST_TEXTS or most > MOST_BYTES or not all(text.strip() for text in texts):
        raise UnavailableError("openai_size", texts=MOST_TEXTS)
    _reserve(dollars(most))
    tokens = 0
    try:
        answer = _call(texts, key, timeout)
        tokens = answer.tokens
        return answer
    finally:
        _reserve(dollars(tokens) - dollars(most), always=True)


def _reserve(amount: float, always: bool = False) -> None:
    global _spent
    with _lock:
        if not always and _spent + amount > budget():
            raise UnavailableError("openai_budget", variable=BUDGET, dollars=budget())
        _spent += amount


def _call(texts: Sequence[str], key: SecretStr | None, timeout: float) -> Answer:
    import openai

    began = perf_counter()
    try:
        with openai.OpenAI(
            api_key=key.get_secret_value() if key else "", timeout=timeout, max_retries=0
        ) as client:
            answer = client.embeddings.create(model=MODEL, input=list(texts), encoding_format="float")
        vectors = _vectors(answer, len(texts))
        return Answer(vectors, int(answer.usage.prompt_tokens), perf_counter() - began)
    # "from None" everywhere: the messages of the API quote a part of the key.
    except (openai.AuthenticationError, openai.PermissionDeniedError):
        raise UnavailableError("openai_refused") from None
    except openai.RateLimitError:
        raise UnavailableError("openai_limit") from None
    except openai.APITimeoutError:
        raise UnavailableError("openai_late", seconds=timeout) from None
    except openai.APIConnectionError:
        raise UnavailableError("openai_unreachable") from None
    except openai.APIStatusError as error:
        raise UnavailableError("openai_status", status=error.status_code) from None
    except Exception:  # a body that is not what the API promises
        raise UnavailableError("openai_broken") from None


def _vectors(answer: Any, count: int) -> Array:
    """The vectors of an answer in the order of the texts (``count``, 1536).

    Raises:
        ValueError: if they are not as many, not as long, or not numbers.

    """
    rows = sorted(answer.data, key=lambda row: int(row.index))
    vectors = np.array([row.embedding for row in rows], np.float32)  # (N, d)
    if [row.index for row in rows] != list(range(count)) or vectors.shape != (count, DIMENSIONS):
        raise ValueError("another number of vectors")
    if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
        raise ValueError("not vectors")
    return vectors
