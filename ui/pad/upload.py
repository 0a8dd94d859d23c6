"""The digit on an uploaded picture: what a stranger sends is looked at before it is unpacked, with limits."""

import warnings
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from explainers.support.contract import Array
from explainers.support.drawing import picture_text

LARGEST = 2_000_000  # bytes of a file
WIDEST = 4_000  # pixels on a side
KINDS = ["PNG", "JPEG", "GIF", "WEBP", "BMP"]
LOOKED_AT = 256  # pixels on a side, of which the digit is read
FAINTEST = 0.1  # difference between the digit and what is around it, from 0 to 1
PAPER = 0.25  # of that difference: what is fainter is paper


class Refused(Exception):  # noqa: N818
    """Why a picture is refused: a key of the shared ``[errors]``."""


def drawing_of(sent: Any) -> str:
    """The digit of a file, sent in base64, as the text of a drawing.

    Raises:
        Refused: if it is no such picture, or too large.

    """
    if not isinstance(sent, str):
        raise Refused("picture_kind")
    if len(sent) > 4 * (LARGEST // 3 + 1):
        raise Refused("picture_large")
    try:
        data = b64decode(sent, validate=True)
    except ValueError:
        raise Refused("picture_kind") from None
    if len(data) > LARGEST:
        raise Refused("picture_large")
    return picture_text(ink_of(grey_of(data)))


def grey_of(data: bytes) -> Array:
    """How light a picture is, on white, (rows, columns) from 0 to 1, with at most 256 on a side.

    Only the first image of an animation is unpacked; the size is known before.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, and of sizes that are refused here
            image = Image.open(BytesIO(data), formats=KINDS)
            if max(image.size) > WIDEST:
                raise Refused("picture_pixels")
            image.draft("L", (2 * LOOKED_AT, 2 * LOOKED_AT))  # a JPEG is unpacked small
            image.load()
            image = ImageOps.exif_transpose(image)
            image = image.convert("RGBA") if image.has_transparency_data else image.convert("L")
            image.thumbnail((LOOKED_AT, LOOKED_AT), Image.Resampling.BOX)
            paper = Image.new("RGBA", image.size, "white")
            grey = Image.alpha_composite(paper, image.convert("RGBA")).convert("L")
    except Refused:
        raise
    except Image.DecompressionBombError:
        raise Refused("picture_pixels") from None
    except Image.UnidentifiedImageError:
        raise Refused("picture_kind") from None
    except Exception:  # whatever a broken file makes its decoder raise, it is broken
        raise Refused("picture_broken") from None
    return np.asarray(grey, dtype=np.float64) / 255


def ink_of(grey: Array) -> Array:
    """Where the ink is, from 0 (paper) to 1: the paper is what lies along the edge, be it light or dark.

    Raises:
        Refused: if nothing stands out.

    """
    paper = float(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
    ink = grey - paper if paper < 0.5 else paper - grey
    most = float(np.quantile(ink, 0.995))
    if most < FAINTEST:
        most = float(ink.max())  # a very small digit
    if most < FAINTEST:
        raise Refused("picture_blank")
    ink = (ink / most).clip(0, 1)
    return np.where(ink < PAPER, 0, ink)
