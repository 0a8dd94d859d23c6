"""U-Net: to say where, a network must look back at what it saw before it shrank the picture."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from pydantic import Field

from explainers.support.contract import Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.digits import digit_split
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, curves, sweep_curves
from explainers.support.scenes import scenes
from explainers.support.unet_measure import HEIGHTS, NOISE, REGIONS, SIZE, TESTED, measured
from explainers.support.unet_nets import SKIPS, loss, started
from explainers.support.unet_pictures import (
    error_chart,
    masks_diagram,
    overlap_chart,
    pixel_diagram,
    u_diagram,
)
from explainers.support.unet_reading import Look, Reading, judged_here, read_scene

SECTION = "pictures"
ORDER = 140
DATA = ("mnist_10k.npz",)
PRECOMPUTED = "unet.npz"
HEADLINE = ("iou", "iou_boundary", "iou_boundary_skips_cut", "iou_boundary_without_skips")
BREAKS: Mapping[str, Mapping[str, Any]] = {
    "cut": {"cut_fine": True, "cut_middle": True, "cut_coarse": True},
    "noise": {"noise": 0.9},
    "threshold": {"threshold": 0.95},
    "small": {"size": 0.4},
}
SWEEPS = {"seed": tuple(range(8))}
SCENES = 800  # in which the nets are trained
BATCH, RATE = 16, 0.01
CLEAR = 0.02  # of IoU: what is less apart counts as the same
FOUND = 0.3  # of IoU on the whole masks: below, digits are not found
CHECKPOINTS = 10  # and the first: what ships, and what a class is sent at a click, stays small


class Training(Settings):
    """What is trained: changing any of these trains again."""

    without: Literal["all", "fine", "middle", "coarse"] = "all"
    steps: int = Field(300, ge=24, le=400, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained nets again."""

    cut_fine: bool = False
    cut_middle: bool = False
    cut_coarse: bool = False
    scene: int = Field(1, ge=1, le=TESTED)
    noise: float = Field(NOISE, ge=0.0, le=1.0, multiple_of=0.05)
    threshold: float = Field(0.5, ge=0.05, le=0.95, multiple_of=0.05, json_schema_extra={"more": True})
    size: float = Field(1.0, ge=0.4, le=1.6, multiple_of=0.1, json_schema_extra={"more": True})
    channel: int = Field(1, ge=1, le=24, json_schema_extra={"more": True})
    row: int = Field(32, ge=1, le=SIZE, json_schema_extra={"more": True})
    column: int = Field(25, ge=1, le=SIZE, json_schema_extra={"more": True})


def train(training: Training) -> Iterator[Checkpoint]:
    """A whole U-Net and one without skips, from the same initial values, on the same batches, by Adam."""
    generator = torch.Generator().manual_seed(training.seed)
    nets = started(generator, SKIPS if training.without == "all" else (training.without,))
    learn = scenes(generator, SCENES, SIZE, digit_split()[0], noise=NOISE, heights=HEIGHTS)
    optimiser = torch.optim.Adam([p for net in nets.values() for p in net.parameters()], lr=RATE)
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps, CHECKPOINTS):
            yield Checkpoint(step, training.steps, measured(nets), weights_of(**nets))
        if step == training.steps:
            return
        batch = learn.pick(torch.randint(SCENES, (BATCH,), generator=generator))
        optimiser.zero_grad()
        for net in nets.values():
            loss(net(batch.images), batch.masks).backward()  # (B, S, S) each
        optimiser.step()


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Ask both nets about one scene."""
    cut = tuple(skip for skip in SKIPS if getattr(view, f"cut_{skip}"))
    where = (view.scene, view.noise, view.size, view.threshold, cut, view.channel, view.row, view.column)
    return read_scene(checkpoint, Look(*where))


def judged_now(checkpoint: Checkpoint, reading: Reading) -> dict[str, dict[str, float]]:
    """All test scenes as the visitor makes and judges them; where no skip is cut, all are for comparison."""
    look = reading.look
    return judged_here(checkpoint, look.noise, look.scale, look.threshold, look.cut or SKIPS)


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """IoU of the whole net, and IoU on the edge: whole, with the chosen skips cut (or all), without."""
    now = judged_now(checkpoint, reading)
    return {
        "iou": now["whole"]["iou"],
        "iou_boundary": now["whole"]["iou_boundary"],
        "iou_boundary_skips_cut": now["cut_all"]["iou_boundary"],
        "iou_boundary_without_skips": now["without"]["iou_boundary"],
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What the skips are worth on the edge, what cutting them does, where errors are, which skip matters."""
    now, look, trained = judged_now(checkpoint, reading), reading.look, checkpoint.numbers
    values: dict[str, Any] = {f"{k}_{case}": v for case, row in now.items() for k, v in row.items()}
    values |= {"scenes": TESTED, "lost": values["iou_boundary_whole"] - values["iou_boundary_cut_all"]}
    gap = values["iou_boundary_whole"] - values["iou_boundary_without"]
    said = [Say("help" if gap > CLEAR else "hurt" if gap < -CLEAR else "same", values)]
    said.append(Say(f"{cut_outcome(now)}_{'chosen' if look.cut else 'all'}", values))
    if now["without"]["wrong"]:
        where = max(REGIONS, key=lambda region: now["without"][region])
        said.append(Say(f"where_{where if now['without']['iou'] > FOUND else 'missed'}", values))
    costs = {s: trained["iou_boundary_whole"] - trained[f"iou_boundary_cut_{s}"] for s in SKIPS}
    dear, cheap = max(SKIPS, key=lambda s: costs[s]), min(SKIPS, key=lambda s: costs[s])
    told = {"most": costs[dear], "least": costs[cheap]}
    if reading.lacks != "all":
        without = trained["iou_boundary_whole"] - trained["iou_boundary_without"]
        said.append(Say(f"lacks_{reading.lacks}", {"cut": costs[reading.lacks], "without": without}))
    said.append(Say(f"dear_{dear}" if costs[dear] > CLEAR else "none_dear", told))
    for key, changed in (("noise", look.noise != NOISE), ("size", look.scale != 1),
                         ("threshold", look.threshold != 0.5)):  # fmt: skip
        if changed:
            at = {"noise": look.noise, "size": look.scale, "threshold": look.threshold}
            said.append(Say(f"at_{key}", {**values, **at, "trained": trained["iou_whole"]}))
    return said


def cut_outcome(now: Mapping[str, Mapping[str, float]]) -> str:
    """What cutting skips of the trained net does to its masks: nothing left, worse, or no matter."""
    whole, cut = now["whole"], now["cut_all"]
    if cut["iou"] < 0.1 < whole["iou"]:
        # Of an empty mask every error is a miss, and none lies in the background.
        return "gone" if cut["background"] < 0.1 else "flooded"
    return "worse" if whole["iou_boundary"] - cut["iou_boundary"] > CLEAR else "harmless"


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """In how many seeds the skips help on the edge, and in how many cutting them ruins the trained net."""
    rows = [reading.numbers for reading in readings]
    gaps = [row["iou_boundary_whole"] - row["iou_boundary_without"] for row in rows]
    dear = [max(SKIPS, key=lambda s, row=row: -row[f"iou_boundary_cut_{s}"]) for row in rows]  # type: ignore[misc]
    return [
        Say("seeds", {
            "n": len(rows), "help": sum(gap > CLEAR for gap in gaps), "low": min(gaps), "high": max(gaps),
            "ruined": sum(row["iou_cut_all"] < 0.1 for row in rows),
            **{skip: dear.count(skip) for skip in SKIPS},
        })
    ]  # fmt: skip


def formula(reading: Reading) -> dict[str, float]:
    """The pixel that is worked out by hand: what comes over the skip, what comes from below."""
    terms, half = reading.terms, len(reading.terms["each"]) // 2
    return {
        "skip": float(terms["each"][:half].sum()), "below": float(terms["each"][half:].sum()),
        "bias": float(terms["bias"][0, 0]), "total": float(terms["total"][0, 0]),
        "out": float(terms["out"][0, 0]),
    }  # fmt: skip


def picture_masks(readings: Sequence[Reading]) -> Diagram:
    """The scene, its true mask, what both nets see in it, and where they are wrong."""
    return masks_diagram(readings)


@of_run
def picture_overlap(readings: Sequence[Reading]) -> Chart:
    """IoU on the whole mask and on the edge alone: whole, each skip cut, all cut, trained without."""
    return overlap_chart(readings)


@of_run
def picture_errors(readings: Sequence[Reading]) -> Chart:
    """Where the wrong pixels are."""
    return error_chart(readings)


@of_run
def picture_training(readings: Sequence[Reading]) -> Chart:
    """IoU on the edge over the training."""
    series = {"iou_boundary_whole": "skip", "iou_boundary_cut_all": "cut", "iou_boundary_without": "without"}
    return curves(readings, series, "axis.iou_boundary", (0.0, 1.0))


def picture_u(readings: Sequence[Reading]) -> Diagram:
    """The U of the whole net, with the feature maps of this scene."""
    return u_diagram(readings)


def picture_pixel(readings: Sequence[Reading]) -> Diagram:
    """One pixel behind the fine skip, worked out."""
    return pixel_diagram(readings)


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """IoU on the edge in every trained seed."""
    series = {"iou_boundary_whole": "skip", "iou_boundary_cut_all": "cut", "iou_boundary_without": "without"}
    return sweep_curves(values, readings, series, ("axis.seed", "axis.iou_boundary"), (0.0, 1.0))
