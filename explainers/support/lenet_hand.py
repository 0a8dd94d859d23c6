"""LeNet-5 by hand: one digit through every layer, each number the sum that the paper describes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn

from explainers.support.contract import Array
from explainers.support.lenet_net import EDGE, FROM, HEIGHT, KERNEL, SLOPE, TABLE, TO

CONVOLUTIONS = ("C1", "C3")
LAYERS = ("C1", "S2", "C3", "S4", "C5", "F6")


@dataclass(frozen=True)
class Walk:
    """One digit on its way through LeNet-5, in double precision."""

    sums: Mapping[str, Array]  # by layer: what goes into the squashing function
    maps: Mapping[str, Array]  # by layer: what comes out of it; C1 (6, 28, 28) … F6 (84,)
    logits: Array  # (10,)

    @property
    def shares(self) -> Array:
        """Softmax of the logits: (10,), adds up to 1."""
        return softmax(self.logits)


def softmax(logits: Array) -> Array:
    """Shares (…, 10) that add up to 1."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def squashed(x: Array) -> Array:
    """1.7159 · tanh(⅔ x)."""
    return np.asarray(HEIGHT * np.tanh(SLOPE * x))


def kernels(weights: Mapping[str, Array], layer: str) -> Array:
    """The kernels of a convolution with a place for every pair of maps: (out, in, 5, 5)."""
    if layer == "C1":
        return weights["C1.weight"].astype(np.float64)
    whole = np.zeros((len(TABLE), 6, KERNEL, KERNEL))
    whole[TO, FROM] = weights["C3.weight"]
    return whole


def convolved(x: Array, kernel: Array, bias: Array) -> Array:
    """Maps x (in, S, S) under kernels (out, in, 5, 5): Σ x · w + b at every place, (out, S − 4, S − 4)."""
    windows = sliding_window_view(x, (KERNEL, KERNEL), axis=(1, 2))  # (in, S − 4, S − 4, 5, 5)
    S = windows.shape[1]
    under = windows.transpose(0, 3, 4, 1, 2).reshape(-1, S * S)  # (in · 25, places)
    sums = kernel.reshape(len(kernel), -1) @ under + bias[:, None]  # (out, places)
    return np.asarray(sums.reshape(-1, S, S))


def subsampled(x: Array, weight: Array, bias: Array) -> Array:
    """The sum of each 2 × 2 square of maps x (K, S, S), times a weight, plus a bias: (K, S/2, S/2)."""
    squares = x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]
    return np.asarray(squares * weight[:, None, None] + bias[:, None, None])


def walk(weights: Mapping[str, Array], x: Array) -> Walk:
    """A digit x (32, 32) through all layers."""
    sums: dict[str, Array] = {}
    maps: dict[str, Array] = {}
    values = x[None]  # (1, 32, 32)
    for layer in LAYERS:
        weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
        if layer in CONVOLUTIONS:
            sums[layer] = convolved(values, kernels(weights, layer), bias)
        elif layer in ("S2", "S4"):
            sums[layer] = subsampled(values, weight, bias)
        else:
            sums[layer] = weight @ values.reshape(-1) + bias
        values = maps[layer] = squashed(sums[layer])
    return Walk(sums, maps, weights["output.weight"] @ values + weights["output.bias"])


def dense_shares(weights: Mapping[str, Array], x: Array) -> Array:
    """What the dense net answers to a digit x (32, 32): shares (10,)."""
    inner = x[EDGE:-EDGE, EDGE:-EDGE].reshape(-1)  # (784,)
    hidden = squashed(weights["hidden.weight"] @ inner + weights["hidden.bias"])  # (77,)
    return softmax(weights["output.weight"] @ hidden + weights["output.bias"])


@torch.no_grad()
def torch_difference(weights: Mapping[str, Array], x: Array, found: Walk) -> float:
    """The largest distance between the sums of C1 and C3 by hand and torch's in double precision."""
    most = 0.0
    for layer, into in (("C1", x[None]), ("C3", found.maps["S2"])):
        bias = torch.tensor(weights[f"{layer}.bias"], dtype=torch.float64)
        kernel = torch.tensor(kernels(weights, layer))
        theirs = nn.functional.conv2d(torch.tensor(into)[None], kernel, bias)[0].numpy()
        most = max(most, float(np.abs(theirs - found.sums[layer]).max()))
    return most
