"""What passes through a net with or without batch norm, layer by layer, by hand; what is measured of it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explainers.support.answers import right_share
from explainers.support.digits import digit_split
from explainers.support.norm_nets import (
    ACTIVATIONS,
    WIDTH,
    DeepNet,
    batch_statistics,
    normalise,
    running,
)

TESTED, SEEN = 500, 200  # test digits: for the accuracies, and for what is looked at inside


def arranged(order: str) -> tuple[Tensor, Tensor]:
    """The test digits, ``mixed`` or ``sorted`` class by class: pixels (500, 196), labels (500,)."""
    test = digit_split(2)[1].pick(slice(TESTED))
    if order == "sorted":
        test = test.pick(test.labels.argsort(stable=True))
    return test.images.flatten(1), test.labels


@dataclass(frozen=True)
class Layer:
    """What passes through one layer, N images; G batches, or 1 with running statistics."""

    into: Tensor  # (N, H): the pre-activations, what goes into the activation
    out: Tensor  # (N, H): what the next layer gets
    raw: Tensor  # (N, H): what goes into the batch norm
    mean: Tensor  # (G, 1, H)
    var: Tensor  # (G, 1, H)


@torch.no_grad()
def walk(
    weights: dict[str, Tensor], x: Tensor, activation: str, place: str, batch: int
) -> tuple[list[Layer], Tensor]:
    """Pixels x (N, 196) through a net by hand, in double precision: every layer, and the logits (N, 10).

    ``batch`` images at a time are normalised together, as in train mode; 0 stands for eval mode.
    """
    exact = {name: value.double() for name, value in weights.items()}
    x, layers = x.double(), []
    for i in range(sum("linear" in name for name in exact) // 2):

        def norm(z: Tensor, i: int = i) -> tuple[Tensor, Tensor, Tensor]:
            gamma, beta, mean, var = (  # (1, 1, H) each
                exact[f"norm.{i}.{part}"][None, None]
                for part in ("weight", "bias", "running_mean", "running_var")
            )
            groups = z.reshape(-1, batch or len(z), WIDTH)  # (G, B, H)
            if batch:
                mean, var = batch_statistics(groups)
            return normalise(groups, mean, var, gamma, beta).reshape(z.shape), mean, var

        raw = x = nn.functional.linear(x, exact[f"linear.{i}.weight"], exact[f"linear.{i}.bias"])
        mean, var = x.new_zeros(1, 1, WIDTH), x.new_ones(1, 1, WIDTH)
        if place == "before":
            x, mean, var = norm(x)
        into = x
        x = ACTIVATIONS[activation](x)
        if place == "after":
            raw = x
            x, mean, var = norm(x)
        layers.append(Layer(into, x, raw, mean, var))
    return layers, nn.functional.linear(x, exact["score.weight"], exact["score.bias"])


def spread(x: Tensor) -> float:
    """How far apart the images are in x (N, H): each unit's standard deviation, as a root mean square."""
    return float(batch_statistics(x.double())[1].mean().sqrt())


def signals(layers: list[Layer], x: Tensor) -> list[float]:
    """What part of the spread of the pixels x (N, 196) is left after every layer."""
    whole = spread(x)
    return [spread(layer.out) / whole for layer in layers]


def gradient_norms(net: DeepNet, x: Tensor, labels: Tensor) -> list[float]:
    """‖∂L/∂W‖ of every layer, by autograd in double precision, on x (N, 196) as one batch in train mode."""
    exact = net.double().train()
    loss = nn.functional.cross_entropy(exact(x.double()), labels)
    weights = [exact.linear[i].get_parameter("weight") for i in range(len(exact.linear))]
    return [float(gradient.norm()) for gradient in torch.autograd.grad(loss, weights)]


def train_mode(weights: dict[str, Tensor], activation: str, place: str, batch: int) -> dict[str, float]:
    """Accuracies in train mode: the test digits mixed, or class by class; and what their company changes.

    ``changed`` is the share of digits that get another answer when each stands in another mixed batch.
    """
    x, labels = arranged("mixed")
    x, labels = x[: TESTED // batch * batch], labels[: TESTED // batch * batch]  # whole batches
    other = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    logits, again = (walk(weights, x[rows], activation, place, batch)[1] for rows in (slice(None), other))
    by_class, of_class = (part[: len(x)] for part in arranged("sorted"))
    return {
        "accuracy_batch": right_share(logits, labels),
        "accuracy_sorted": right_share(walk(weights, by_class, activation, place, batch)[1], of_class),
        "changed": float((logits.argmax(dim=1)[other] != again.argmax(dim=1)).float().mean()),
    }


def refusal(x: Tensor) -> str:
    """What ``nn.BatchNorm1d`` says to a batch of one, x (1, H), in train mode: its own words, or nothing."""
    try:
        nn.BatchNorm1d(x.shape[1])(x)
    except ValueError as error:
        return str(error)
    return ""


def torch_difference(weights: dict[str, Tensor], layers: list[Layer]) -> float:
    """The largest difference between the normalisation by hand and ``nn.BatchNorm1d`` in both modes.

    Over all layers, what each gets (N, H) being one batch; the running statistics that the batch leaves
    behind are compared, too. In double precision, numbers above 1 as a part of their size; where both have no
    number there is no difference.
    """
    largest = 0.0
    for i, layer in enumerate(layers):
        prefix, x = f"norm.{i}.", layer.raw
        own = {name.removeprefix(prefix): v for name, v in weights.items() if name.startswith(prefix)}
        theirs = nn.BatchNorm1d(WIDTH, dtype=torch.float64)
        theirs.load_state_dict(own)
        gamma, beta, mean, var = (
            own[part].double() for part in ("weight", "bias", "running_mean", "running_var")
        )
        with torch.no_grad():
            now_mean, now_var = batch_statistics(x)  # (1, H) each
            N = len(x)
            pairs = [
                (theirs.eval()(x), normalise(x, mean, var, gamma, beta)),
                (theirs.train()(x), normalise(x, now_mean, now_var, gamma, beta)),
                (theirs.get_buffer("running_mean"), running(mean, now_mean[0])),
                (theirs.get_buffer("running_var"), running(var, now_var[0] * N / (N - 1))),
            ]
        for torchs, by_hand in pairs:
            nowhere = ~torchs.isfinite() & ~by_hand.isfinite()
            apart = (torchs - by_hand).abs() / torchs.abs().clamp(min=1)
            largest = max(largest, float(apart.masked_fill(nowhere, 0).max()))
    return largest
