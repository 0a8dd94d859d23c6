"""The bases, and on each of them nets from nothing, frozen and fine-tuned, from few images to many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import thread_time

import torch
from torch import Tensor, nn

from explainers.support.contract import Array, Checkpoint
from explainers.support.init import seeded
from explainers.support.transfer_data import GROUPS, first_of_each, problem
from explainers.support.transfer_nets import FEATURES, LAYERS, Net, Stack, each_loss, rights, with_head

SIZES = (1, 3, 10, 30, 100)  # training images per class; the smaller sets are the beginnings of the larger
KINDS = ("scratch", "frozen", "tuned")
DRAWS = 3  # whole repetitions: another start, another base, other images
BATCH, BASE_BATCH = 32, 64
RATE, HEAD_RATE = 0.005, 0.05  # Adam's: of a whole net, and of a head alone
BASE_TESTED = 200  # test digits of the base's own problem

State = dict[str, Tensor]


@dataclass(frozen=True)
class Base:
    """What one draw begins with: the same net before and after it learnt the base's problem."""

    first: State
    trained: State


def bases(group: str, shuffled: bool, steps: int, generator: torch.Generator) -> list[Base]:
    """Train DRAWS nets on the digits of ``group``, each from its own start; ``none``: they stay untrained.

    ``shuffled``: each image has the label of another one, by chance.
    """
    stack = Stack([seeded(Net(classes_of(group)), generator) for _ in range(DRAWS)])
    first = list(stack.nets())
    if group != "none":
        learn = problem(group)[0]
        mixed = torch.randperm(len(learn.labels), generator=generator)
        labels = learn.labels[mixed] if shuffled else learn.labels  # (N,)
        optimiser = torch.optim.Adam(stack.learnt(), lr=RATE, fused=True)
        for _ in range(steps):
            rows = torch.randint(len(labels), (DRAWS, BASE_BATCH), generator=generator)
            optimiser.zero_grad()
            each_loss(stack.forward(learn.images[rows]), labels[rows]).backward()
            optimiser.step()
    return [Base(*states) for states in zip(first, stack.nets(), strict=True)]


def classes_of(group: str) -> int:
    """How many classes the digits of a group have."""
    return len(GROUPS.get(group, range(10)))


@dataclass(frozen=True)
class Task:
    """The new problem: what each draw learns from (images at most, labels), and the test digits."""

    classes: int
    images: Tensor  # (DRAWS, N, 1, 14, 14): the first n · classes hold n of each class
    labels: Tensor  # (DRAWS, N)
    test_images: Tensor  # (M, 1, 14, 14)
    test_labels: Tensor  # (M,)

    def rows(self, generator: torch.Generator) -> Tensor:
        """One batch of each net, as places in its draw's images: (K, BATCH)."""
        return torch.stack([
            torch.randint(size * self.classes, (BATCH,), generator=generator)
            for size in SIZES
            for _ in range(DRAWS)
        ])  # fmt: skip


def task(group: str, generator: torch.Generator) -> Task:
    """The images that each draw learns the group's digits from."""
    (learn, test), classes = problem(group), classes_of(group)
    rows = torch.stack([
        first_of_each(learn.labels, classes, max(SIZES), generator) for _ in range(DRAWS)
    ])  # fmt: skip
    return Task(classes, learn.images[rows], learn.labels[rows], test.images, test.labels)


class Contest:
    """Three stacks of nets, one per kind, each with a net for every number of images and every draw.

    Net number ``size · DRAWS + draw``. All three see the same batches; ``seconds`` counts the CPU time of
    what each of them did to learn.
    """

    def __init__(self, new: Task, starts: Sequence[Base], rate: float, generator: torch.Generator) -> None:
        self.new, self.starts = new, starts
        heads = [seeded(nn.Linear(FEATURES, new.classes), generator).state_dict() for _ in starts]
        self.draw = torch.arange(DRAWS).repeat(len(SIZES))[:, None]  # (K, 1): the draw of each net
        self.stacks, self.optimisers = {}, {}
        for kind in KINDS:
            states = [base.first if kind == "scratch" else base.trained for base in starts]
            nets = [with_head(states[d], heads[d], new.classes) for _ in SIZES for d in range(DRAWS)]
            stack = self.stacks[kind] = Stack(nets, frozen=kind == "frozen")
            own = {"scratch": RATE, "frozen": HEAD_RATE, "tuned": rate}[kind]
            self.optimisers[kind] = torch.optim.Adam(stack.learnt(), lr=own, fused=True)
        self.before = {
            kind: {name: value.detach().clone() for name, value in stack.values.items()}
            for kind, stack in self.stacks.items()
        }
        self.seconds = dict.fromkeys(("features", *KINDS), 0.0)
        began = thread_time()
        # Frozen features never change: they are worked out once, and the head learns from the numbers.
        self.features = self.of_base(new.images)  # (DRAWS, N, 32)
        self.seconds["features"] = thread_time() - began
        self.test_features = self.of_base(new.test_images.expand(DRAWS, -1, -1, -1, -1))  # (DRAWS, M, 32)

    @torch.no_grad()
    def of_base(self, images: Tensor) -> Tensor:
        """Images (DRAWS, N, 1, 14, 14) → what each draw's base makes of its own (DRAWS, N, 32)."""
        found, net = [], Net(len(self.starts[0].trained["head.bias"]))
        for base, own in zip(self.starts, images, strict=True):
            net.load_state_dict(base.trained)
            found.append(net.features(own))
        return torch.stack(found)

    def alive(self) -> float:
        """How many of the base's features are above 0 for any test digit; the mean of the draws."""
        return float((self.test_features > 0).any(dim=1).sum(dim=1).float().mean())

    def step(self, generator: torch.Generator) -> None:
        """One batch for every net, the same for the three kinds."""
        rows = self.new.rows(generator)  # (K, B)
        images, labels = self.new.images[self.draw, rows], self.new.labels[self.draw, rows]
        for kind, stack in self.stacks.items():
            began = thread_time()
            self.optimisers[kind].zero_grad()
            frozen = kind == "frozen"
            logits = stack.decide(self.features[self.draw, rows]) if frozen else stack.forward(images)
            each_loss(logits, labels).backward()  # logits (K, B, C)
            self.optimisers[kind].step()
            self.seconds[kind] += thread_time() - began

    @torch.no_grad()
    def measured(self) -> dict[str, float]:
        """Accuracies and losses on the test digits, of every net and their mean; how far each layer moved."""
        numbers: dict[str, float] = {}
        for kind, stack in self.stacks.items():
            if kind == "frozen":
                logits = stack.decide(self.test_features[self.draw[:, 0]])  # (K, M, C)
            else:
                logits = stack.forward(self.new.test_images, shared=True)  # (K, M, C)
            right = rights(logits, self.new.test_labels).reshape(len(SIZES), DRAWS)
            losses = nn.functional.cross_entropy(
                logits.flatten(0, 1), self.new.test_labels.repeat(len(logits)), reduction="none"
            ).reshape(len(SIZES), -1).mean(dim=1)  # fmt: skip
            for i, size in enumerate(SIZES):
                numbers[f"accuracy_{kind}_{size}"] = float(right[i].mean())
                numbers |= {f"accuracy_{kind}_{size}_{d}": float(right[i, d]) for d in range(DRAWS)}
                numbers[f"loss_{kind}_{size}"] = float(losses[i])
            for layer in LAYERS:
                numbers |= self.moved(kind, f"{layer}.weight")
        return numbers

    def moved(self, kind: str, name: str) -> dict[str, float]:
        """How far a layer is from where it began, as a part of its weights' size there; the mean of draws."""
        now, then = self.stacks[kind].values[name], self.before[kind][name]  # (K, …)
        far = (now - then).flatten(1).norm(dim=1) / then.flatten(1).norm(dim=1)  # (K,)
        each = far.reshape(len(SIZES), DRAWS).mean(dim=1).tolist()
        layer = name.split(".")[0]
        found = {f"moved_{kind}_{size}_{layer}": part for size, part in zip(SIZES, each, strict=True)}
        return {**found, f"learns_{kind}_{layer}": float(now.requires_grad)}

    @torch.no_grad()
    def kept_of_base(self, group: str) -> dict[str, float]:
        """The base's own problem, its test digits and its head: how many the base gets right, and how many
        with the features as fine-tuning has changed them.
        """
        if group == "none":
            return {}
        test = problem(group)[1].pick(slice(BASE_TESTED))
        own = [with_head(b.trained, head_of(b), classes_of(group)) for b in self.starts]
        before = rights(Stack(own).forward(test.images, shared=True), test.labels).mean()
        nets = [
            with_head(state, head_of(self.starts[k % DRAWS]), classes_of(group))
            for k, state in enumerate(self.stacks["tuned"].nets())
        ]
        now = rights(Stack(nets).forward(test.images, shared=True), test.labels).reshape(len(SIZES), DRAWS)
        each = now.mean(dim=1).tolist()
        return {
            "base_accuracy": float(before), "base_chance": 1 / classes_of(group),
            **{f"base_tuned_{size}": right for size, right in zip(SIZES, each, strict=True)},
        }  # fmt: skip

    def weights(self) -> dict[str, Array]:
        """Of the first draw: the base, and the nets of every number of images, ``kind_images.parameter``."""
        found = {f"base.{name}": value.numpy().copy() for name, value in self.starts[0].trained.items()}
        for kind, stack in self.stacks.items():
            for i, size in enumerate(SIZES):
                own = stack.state(i * DRAWS)
                found |= {
                    f"{kind}_{size}.{name}": value
                    for name, value in own.items()
                    if kind != "frozen" or name.startswith("head")  # its features are the base's
                }
        return found


def head_of(base: Base) -> State:
    """The head with which a base answers its own problem."""
    return {name.removeprefix("head."): v for name, v in base.trained.items() if name.startswith("head")}


@dataclass(frozen=True, eq=False)
class Kept(Checkpoint):
    """A checkpoint with what the run cost. CPU time is no number of the seed: it differs from run to run."""

    seconds: dict[str, float]  # CPU seconds up to here: of the base, and of one net of each kind
    learnt: dict[str, int]  # how many numbers each net learns

    def parameters(self) -> dict[str, int]:
        """How many numbers each net learns: ``{kind: count}``."""
        return dict(self.learnt)


def recorded(
    step: int, steps: int, contest: Contest, group: str, base_seconds: float, facts: dict[str, float]
) -> Kept:
    """What is measured and kept at one step, beside the ``facts`` of the run."""
    numbers = facts | contest.measured() | contest.kept_of_base(group)
    K = len(SIZES) * DRAWS
    seconds = {kind: spent / K for kind, spent in contest.seconds.items()}
    seconds["frozen"] += seconds["features"]
    seconds["base"] = base_seconds / DRAWS
    learnt = {
        kind: sum(value[0].numel() for value in stack.learnt()) for kind, stack in contest.stacks.items()
    }
    numbers["chance"] = 1 / contest.new.classes
    numbers["alive"] = contest.alive()
    return Kept(step, steps, numbers, contest.weights(), seconds, learnt)


def learning(contest: Contest, steps: int, generator: torch.Generator) -> Iterator[int]:
    """Train all nets; before each step, and after the last, the number of steps done."""
    for step in range(steps):
        yield step
        contest.step(generator)
    yield steps
