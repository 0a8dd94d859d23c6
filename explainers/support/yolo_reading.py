"""One scene as the detector sees it, cell by cell, and what it finds in all scenes of a kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from explainers.support.contract import Array, Checkpoint
from explainers.support.digits import CLASSES
from explainers.support.measured import Measured
from explainers.support.once import latest, once
from explainers.support.scenes import Scenes
from explainers.support.yolo_boxes import average_precision, claims, overlap, precision_recall, suppressed_by
from explainers.support.yolo_net import Detector, Found, decode
from explainers.support.yolo_scenes import EACH, GRID, SIZES, asked

BELOW = -2  # instead of the box that suppresses it: not even above the confidence threshold
USUAL = (
    0.5  # the IoU threshold of the suppression at which the mean average precision over training is measured
)


@dataclass(frozen=True)
class Judged:
    """All boxes of the scenes of one kind, at one IoU threshold of the suppression.

    Confidence is no part of it: as a box never suppresses one with a higher score, that is a cut through
    ``scores``.
    """

    scores: Tensor  # (N, M)
    digits: Tensor  # (N, M)
    kept: Tensor  # (N, M) bool
    right: Tensor  # (N, M) bool
    found: Tensor  # (N, K): the score with which a digit is found; −1: it is not, or there is none
    labels: Tensor  # (N, K); −1: there is none
    twice: Tensor  # (N, M) bool: suppressed, and lies on the same digit as the box that suppresses it

    def truths(self) -> int:
        """How many digits there are."""
        return int((self.labels >= 0).sum())

    def precision(self, confidence: float) -> float:
        """Of the boxes that stay, the share that is right; 0 where none stays."""
        stays = self.kept & (self.scores >= confidence)
        return float((self.right & stays).sum()) / max(1, int(stays.sum()))

    def recall(self, confidence: float) -> float:
        """Of the digits, the share that is found."""
        return int(((self.found >= confidence) & (self.labels >= 0)).sum()) / self.truths()

    def per_scene(self, confidence: float) -> tuple[float, float]:
        """Boxes of a scene, on average: above the confidence threshold, and those after the suppression."""
        above = self.scores >= confidence
        return tuple(float(some.sum()) / len(above) for some in (above, above & self.kept))  # type: ignore[return-value]

    def repeats(self, confidence: float) -> float:
        """Of the boxes that are suppressed, the share that lies on the same digit as the one that stays."""
        gone = ~self.kept & (self.scores >= confidence)
        return float((self.twice & gone).sum()) / max(1, int(gone.sum()))

    def counts(self, confidence: float) -> list[int]:
        """In how many scenes 0, 1, 2, … digits are found."""
        found = (self.found >= confidence).sum(dim=1)
        return torch.bincount(found, minlength=self.labels.shape[1] + 1).tolist()

    @cached_property
    def curves(self) -> list[tuple[Array, Array]]:
        """Precision and recall (D,) of the boxes that stay, of those with each digit's name."""
        found = []
        for digit in range(CLASSES):
            mine = self.kept & (self.digits == digit)
            truths = int((self.labels == digit).sum())
            found.append(precision_recall(self.scores[mine], self.right[mine], truths))
        return found

    @cached_property
    def curve(self) -> tuple[Array, Array]:
        """The same of all boxes that stay: (D,) each."""
        return precision_recall(self.scores[self.kept], self.right[self.kept], self.truths())

    def precisions(self) -> list[float]:
        """Average precision of each digit."""
        return [average_precision(*curve) for curve in self.curves]

    @cached_property
    def map50(self) -> float:
        """Mean average precision (mAP): the mean over the digits."""
        return sum(self.precisions()) / CLASSES


def judge(found: Found, scenes: Scenes, threshold: float, named: bool = True) -> Judged:
    """Suppress, then compare with where the digits are; without ``named`` every name counts as right."""
    by = suppressed_by(found.boxes, found.scores, threshold)  # (N, M)
    kept = by < 0
    there = scenes.labels[:, None] >= 0  # (N, 1, K)
    same = there & (found.digits[..., None] == scenes.labels[:, None]) if named else there
    same = same.expand(-1, found.scores.shape[1], -1)  # (N, M, K)
    right, found_with = claims(found.boxes, torch.where(kept, found.scores, -1.0), same, scenes.boxes)
    meets = overlap(found.boxes[:, :, None], scenes.boxes[:, None]) * there  # (N, M, K)
    on = torch.where(meets.amax(dim=2) > 0, meets.argmax(dim=2), -1)  # (N, M): the digit it lies on most
    twice = ~kept & (on >= 0) & (on == on.gather(1, by.clamp(min=0)))
    return Judged(found.scores, found.digits, kept, right, found_with, scenes.labels, twice)


@torch.no_grad()
def look(net: Detector, images: Tensor) -> Found:
    """What a detector says of images (N, 84, 84), in the mode of use."""
    net.eval()
    return decode(net(images))


@once
def detector(checkpoint: Checkpoint) -> Detector:
    """The detector at this step; its weights are kept with 16 bits."""
    net = Detector()
    net.load_state_dict(checkpoint.state("detector"))
    return net.eval()


@lru_cache(maxsize=256)
def image_of(kind: str, noise: float, scene: int) -> Array:
    """One scene's pixels (84, 84): the same array for every checkpoint, so that it travels once."""
    image: Array = asked(kind, noise).images[scene - 1].numpy()
    return image


@latest(64)  # scenes
@torch.no_grad()
def said_of(checkpoint: Checkpoint, kind: str, scene: int) -> tuple[Tensor, Found]:
    """What leaves the network for one scene, (1, 7, 7, 15) in double precision, and what that says."""
    images = asked(kind, checkpoint.numbers["noise"]).images[scene - 1 : scene]
    raw = detector(checkpoint)(images).double()
    return raw, decode(raw)


@once
def answers(checkpoint: Checkpoint, kind: str) -> Found:
    """What the detector says of all scenes of a kind."""
    return look(detector(checkpoint), asked(kind, checkpoint.numbers["noise"]).images)


@latest(32)
def judged(checkpoint: Checkpoint, kind: str, nms: int, named: bool) -> Judged:
    """That, suppressed at ``nms`` hundredths and compared with the digits; any name, if not ``named``."""
    return judge(answers(checkpoint, kind), asked(kind, checkpoint.numbers["noise"]), nms / 100, named)


@dataclass(frozen=True)
class Reading(Measured):
    """One scene, what its 49 cells say, and what becomes of their boxes. Cells are counted row by row."""

    kind: str
    scene: int  # from 1
    confidence: float
    nms: float
    image: Array  # (84, 84)
    truth: Array  # (K, 4): boxes of the digits
    labels: list[int]  # (K,)
    raw: Array  # (7, 7, 15)
    boxes: Array  # (49, 4)
    scores: Array  # (49,)
    digits: list[int]  # (49,)
    objectness: Array  # (49,)
    by: list[int]  # (49,): the cell whose box suppresses this one's; −1: it stays; −2: below the confidence
    found: list[int]  # of the digits: which ones are found, with box and name
    boxed: list[int]  # of the digits: which ones have a box, whatever its name
    on_all: Callable[
        ..., Judged
    ]  # all scenes of a kind, by box and name or, with ``named=False``, by box alone

    def ranked(self) -> list[int]:
        """The cells, by their scores, the highest first."""
        cells: list[int] = np.argsort(-self.scores, kind="stable").tolist()
        return cells

    def above(self) -> list[int]:
        """The cells whose boxes reach the confidence threshold, the highest score first."""
        return [cell for cell in self.ranked() if self.by[cell] != BELOW]

    def stay(self) -> list[int]:
        """Those whose boxes are left after the suppression."""
        return [cell for cell in self.ranked() if self.by[cell] == -1]


def place_of(cell: int) -> tuple[int, int]:
    """Row and column, from 0, of a cell of the grid."""
    return divmod(cell, GRID)


def read_scene(checkpoint: Checkpoint, kind: str, scene: int, confidence: int, nms: int) -> Reading:
    """Ask the detector about one scene."""
    shown = asked(kind, checkpoint.numbers["noise"]).pick(slice(scene - 1, scene))
    raw, said = said_of(checkpoint, kind, scene)
    by = torch.full((said.scores.shape[1],), BELOW)
    above = (said.scores[0] >= confidence / 100).nonzero()[:, 0]
    among = suppressed_by(said.boxes[:, above], said.scores[:, above], nms / 100)[0]
    by[above] = torch.where(among < 0, -1, above[among.clamp(min=0)]) if len(above) else among
    mine = shown.labels[0] >= 0  # (K,)
    truth, labels = shown.boxes[0, mine], shown.labels[0, mine]
    same = said.digits[0, :, None] == labels  # (M, K)
    standing = torch.where(by == -1, said.scores, -1.0)
    # The same boxes twice: with the right name, and whatever their name.
    _, claimed = claims(
        said.boxes.expand(2, -1, -1),
        standing.expand(2, -1),
        torch.stack([same, torch.ones_like(same)]),
        truth.double().expand(2, -1, -1),
    )  # (2, K)
    found, boxed = ([k for k, score in enumerate(row) if score >= 0] for row in claimed.tolist())

    def on_all(kind: str, named: bool = True) -> Judged:
        return judged(checkpoint, kind, nms, named)

    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, kind, scene, confidence / 100, nms / 100,
        image_of(kind, checkpoint.numbers["noise"], scene), truth.numpy(),
        labels.tolist(), raw[0].numpy(), said.boxes[0].numpy(), said.scores[0].numpy(),
        said.digits[0].tolist(), said.objectness[0].numpy(), by.tolist(), found, boxed, on_all,
    )  # fmt: skip


def by_size(sizes: Judged, confidence: float) -> list[float]:
    """The share of digits that is found at each of SIZES."""
    found = (sizes.found >= confidence).any(dim=1).reshape(len(SIZES), EACH)
    return found.double().mean(dim=1).tolist()


def measured(net: Detector, noise: float) -> Mapping[str, float]:
    """Mean average precision over the test scenes, with and without the name, at the usual thresholds."""
    scenes = asked("test", noise)
    found = look(net, scenes.images)
    named, placed = (judge(found, scenes, USUAL, named=named) for named in (True, False))
    return {"map50": named.map50, "ap50_any": average_precision(*placed.curve)}
