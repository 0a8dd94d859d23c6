"""BERTimbau, a BERT that has read Portuguese (Souza et al., 2020), where the server names one.

``UNROLLED_BERTIMBAU`` names a folder, or a model of the Hugging Face hub (``owner/name``, and ``@revision``
where another one than the main is meant). Without it nothing is looked for and nothing is fetched. Only
safetensors are read: a pickle runs whatever code it holds.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError

from explainers.support.contest import UnavailableError

VARIABLE = "UNROLLED_BERTIMBAU"
HUB_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
WEIGHTS = "model.safetensors"
FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", WEIGHTS]
TIMEOUT = 10.0  # seconds without a word from the hub

T = TypeVar("T")


def wanted() -> str | None:
    """What the server was told to use, or None."""
    return os.environ.get(VARIABLE, "").strip() or None


def folder() -> Path:
    """The folder with the model, fetched from the hub if the server names it so.

    Raises:
        UnavailableError: if none is named, there is no such folder, or the hub does not give one.

    """
    name = wanted()
    if name is None:
        raise UnavailableError("bertimbau_unset", variable=VARIABLE)
    if Path(name).is_dir():
        return Path(name)
    hub = HUB_NAME.fullmatch(name)
    if hub is None or Path(name).is_absolute() or name.startswith("."):
        raise UnavailableError("bertimbau_folder", variable=VARIABLE)
    return fetched(hub[1], hub[2])


def fetched(name: str, revision: str | None) -> Path:
    """The model of the hub, or the copy that an earlier call left on this disk.

    Raises:
        UnavailableError: if the hub does not answer, has no such model, or has it only as a pickle.

    """
    # Here and not above: the hub's library takes a second that a server without BERTimbau need not spend.
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        try:
            there = HfApi().model_info(name, revision=revision, timeout=TIMEOUT)
        except (RepositoryNotFoundError, RevisionNotFoundError, GatedRepoError):
            raise UnavailableError("bertimbau_no_such", variable=VARIABLE) from None
        except HFValidationError:
            raise UnavailableError("bertimbau_folder", variable=VARIABLE) from None
        refuse_pickle({file.rfilename for file in there.siblings or []})
        return Path(snapshot_download(name, revision=revision, allow_patterns=FILES, etag_timeout=TIMEOUT))
    except UnavailableError:
        raise
    except Exception:  # whatever the network does, and the libraries under the hub's
        try:
            return Path(
                snapshot_download(name, revision=revision, allow_patterns=FILES, local_files_only=True)
            )
        except Exception:
            raise UnavailableError("bertimbau_hub", variable=VARIABLE) from None


def refuse_pickle(files: set[str]) -> None:
    """Files with no safetensors among them.

    Raises:
        UnavailableError: saying which is missing, or how to make one of a pickle.

    """
    if WEIGHTS in files:
        return
    if any(name.endswith((".bin", ".pt", ".pth", ".pkl", ".ckpt")) for name in files):
        raise UnavailableError("bertimbau_pickle", variable=VARIABLE)
    raise UnavailableError("bertimbau_missing", file=WEIGHTS)


def checked(place: Path) -> Path:
    """The folder, if it holds what is needed.

    Raises:
        UnavailableError: naming the file that is missing.

    """
    files = {path.name for path in place.iterdir()}
    refuse_pickle(files)
    if "config.json" not in files:
        raise UnavailableError("bertimbau_missing", file="config.json")
    # A list of pieces does not say by itself whether it wants the text in lower case.
    if "tokenizer.json" not in files and not {"vocab.txt", "tokenizer_config.json"} <= files:
        raise UnavailableError("bertimbau_missing", file="tokenizer.json")
    return place


def read(place: Path, loader: Callable[[Path], T]) -> T:
    """What ``loader`` makes of the folder.

    Raises:
        UnavailableError: if the weights are cut off, or those of another kind of model.

    """
    try:
        return loader(place)
    except (SafetensorError, EOFError, OSError):
        raise UnavailableError("bertimbau_damaged") from None
    except Exception:  # a configuration, a list of pieces or weights that are not those of a BERT
        raise UnavailableError("bertimbau_kind") from None
