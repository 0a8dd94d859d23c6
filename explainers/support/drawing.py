"""A drawn or uploaded digit: as a short text for the address, and as the network sees it.

A drawing is strokes on a pad of 64 × 64. Each point is two of the 64 characters that are safe in an address,
one for its column and one for its row; strokes stand apart by a dot: ``"IGYGqt.JQZQ"``. A picture is ``~``
and 20 × 20 pixels in 16 shades. The empty text is no drawing.

Prepared as the digits of MNIST were (LeCun et al. 1998, and https://yann.lecun.org/exdb/mnist/): cropped,
scaled with its proportions kept until it fits 20 × 20, and laid into 28 × 28 so that its centre of mass is in
the middle.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import numpy as np

from explainers.support.contract import Array

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PAD = 64  # columns and rows of the pad
PEN = 2.8  # radius of the pen, in its units
MOST = 400  # characters of a drawing
BOX, FIELD = 20, 28  # into which a digit is scaled, and in which it is centred
SHADES = 15  # of ink in a picture's text, over paper
PICTURE = re.compile(r"~[\w-]{267}", re.ASCII)
STROKES = re.compile(r"(?:[\w-]{2})+(?:\.(?:[\w-]{2})+)*", re.ASCII)


def checked(text: str) -> str:
    """The text, where it is a drawing.

    Raises:
        ValueError: if it is none.

    """
    if text and not PICTURE.fullmatch(text) and not (len(text) <= MOST and STROKES.fullmatch(text)):
        raise ValueError("this text is not a drawing")
    return text


def prepared(text: str) -> Array:
    """What a network that learnt from MNIST sees of a drawing: (28, 28) float32 from 0 (paper) to 1 (ink)."""
    if text.startswith("~"):
        return centred(shades_of(text))
    return prepare(inked(text))


def prepare(picture: Array) -> Array:
    """A picture of any size, (rows, columns) from 0 (paper) to 1 (ink), as the digits of MNIST: (28, 28)."""
    return centred(scaled(picture))


def inked(text: str) -> Array:
    """Strokes as a pen with a round tip draws them: (64, 64) float32 from 0 (paper) to 1 (ink)."""
    rows, columns = np.mgrid[0:PAD, 0:PAD].astype(np.float32)  # (64, 64) each
    nearest = np.full((PAD, PAD), np.inf, dtype=np.float32)  # distance to the middle of a stroke
    for stroke in filter(None, text.split(".")):
        x = [ALPHABET.index(column) for column in stroke[::2]]
        y = [ALPHABET.index(row) for row in stroke[1::2]]
        for i in range(max(1, len(x) - 1)):
            j = min(i + 1, len(x) - 1)
            dx, dy = x[j] - x[i], y[j] - y[i]
            # How far along the piece from point i to point j its nearest point is, from 0 to 1.
            along = ((columns - x[i]) * dx + (rows - y[i]) * dy) / max(1, dx * dx + dy * dy)
            along = along.clip(0, 1)
            nearest = np.minimum(nearest, np.hypot(columns - x[i] - along * dx, rows - y[i] - along * dy))
    return (PEN + 0.5 - nearest).clip(0, 1)


def scaled(picture: Array) -> Array:
    """The part with ink on it, scaled until it fits 20 × 20: (rows, columns), the larger of them 20."""
    down, right = np.nonzero(picture)
    if not len(down):
        return np.zeros((BOX, BOX), dtype=np.float32)
    part = picture[down.min() : down.max() + 1, right.min() : right.max() + 1]
    factor = BOX / max(part.shape)
    rows, columns = (max(1, round(side * factor)) for side in part.shape)
    return np.asarray(shares(len(part), rows) @ part @ shares(part.shape[1], columns).T, dtype=np.float32)


def shares(old: int, new: int) -> Array:
    """Which part of each of ``new`` pixels comes from each of ``old`` in their place: (new, old)."""
    edges = np.arange(new + 1) * old / new  # (new + 1,)
    start, end = edges[:-1, None], edges[1:, None]  # (new, 1)
    pixel = np.arange(old)
    overlap = np.minimum(end, pixel + 1) - np.maximum(start, pixel)  # (new, old)
    return overlap.clip(0) * new / old


def centred(small: Array) -> Array:
    """A digit of at most 20 × 20 in 28 × 28, its centre of mass nearest to the pixel in row and column 14."""
    field = np.zeros((FIELD, FIELD), dtype=np.float32)
    if not small.any():
        return field
    corner = []
    for axis, size in enumerate(small.shape):
        mass = small.sum(axis=1 - axis)
        middle = float((mass * np.arange(size)).sum() / mass.sum())
        corner.append(min(max(0, round(FIELD / 2 - middle)), FIELD - size))
    top, left = corner
    field[top : top + small.shape[0], left : left + small.shape[1]] = small
    return field


def picture_text(picture: Array) -> str:
    """A picture, (rows, columns) from 0 (paper) to 1 (ink), as a text: scaled into 20 × 20, in 16 shades."""
    small = scaled(picture)
    box = np.zeros((BOX, BOX))
    top, left = (BOX - small.shape[0]) // 2, (BOX - small.shape[1]) // 2
    box[top : top + small.shape[0], left : left + small.shape[1]] = small
    shade = np.rint(box.clip(0, 1) * SHADES).astype(np.uint8).reshape(-1, 2)  # (200, 2)
    return "~" + urlsafe_b64encode((shade[:, 0] * 16 + shade[:, 1]).tobytes()).decode().rstrip("=")


def shades_of(text: str) -> Array:
    """The 20 × 20 of a picture's text, from 0 (paper) to 1 (ink)."""
    pairs = np.frombuffer(urlsafe_b64decode(text[1:] + "="), dtype=np.uint8)
    return np.stack([pairs // 16, pairs % 16], axis=1).reshape(BOX, BOX).astype(np.float32) / SHADES
