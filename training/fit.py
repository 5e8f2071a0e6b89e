"""Fits the network to the examples."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from avatar.network import NET_PRESS, VISEMES
from training.dataset import Batch, Data, batches
from training.network import LipSync
from training.phones import VISEMES as NAMES

BATCH = 32
PRESS = NET_PRESS - VISEMES
# Peaks of the learning rates: of the convolutions and of all else; both end at a share of them.
KERNEL_RATE, REST_RATE, LAST_SHARE, WARM_UP = 2e-2, 2.5e-3, 8e-3, 100
DECAY = 1e-2
CLIP = 2.0
AVERAGE = 0.999
REPORT_EVERY = 200
# How much errors of jaw, width, round, press, bite, tongue weigh, and how much more where they are
# active: closures are rare.
WEIGHTS = (1.5, 0.9, 1.1, 3.0, 1.8, 0.6)
ACTIVE_WEIGHTS = (0.0, 0.0, 0.5, 2.0, 3.0, 0.0)
# How much it weighs that jaw, press and bite move when and as fast as they should.
MOVING_WEIGHTS = (1.5, 0.0, 0.0, 3.0, 1.8, 0.0)
# What lips are taken for closed in by mistake: the gaps of T and K, nasals, F; and how much more a
# press weighs there.
LIKE_CLOSED = ("FF", "DD", "kk", "nn")
LIKE_CLOSED_WEIGHT = 0.75
LABEL_SMOOTHING = 0.05
SHARES = (0.42, 2.0, 3.0, 3.0)


def fit(data: Data, steps: int, seed: int) -> LipSync:
    """Train; the mean of the last steps' weights is returned, ready to be used."""
    torch.manual_seed(seed)
    network = LipSync()
    averaged: LipSync = deepcopy(network).eval()
    optimiser = _Optimiser(network)
    balance = _balance(data)
    started_s = time.monotonic()
    for step, batch in zip(range(steps), _ahead(batches(data, BATCH, seed)), strict=False):
        loss = _loss(network, batch, balance)
        network.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step(_rate(step, steps))
        _average(averaged, network, min(AVERAGE, step / (step + 50)))
        if step % REPORT_EVERY == 0:
            spent_s = time.monotonic() - started_s
            sys.stdout.write(f"step {step}/{steps} loss {loss.item():.4f} {spent_s:.0f} s\n")
            sys.stdout.flush()
    return averaged


class _Optimiser:
    """Muon for the convolutions, each as a matrix (out, in x width), and AdamW for all else."""

    def __init__(self, network: LipSync) -> None:
        self._kernels = [
            layer.weight
            for layer in network.modules()
            if isinstance(layer, nn.Conv1d) and layer is not network.head
        ]
        # The same memory in another shape, which is the one that torch's Muon takes.
        self._matrices = [nn.Parameter(kernel.detach().flatten(1)) for kernel in self._kernels]
        turned = {id(kernel) for kernel in self._kernels}
        rest = [one for one in network.parameters() if id(one) not in turned]
        self._muon = torch.optim.Muon(self._matrices, lr=KERNEL_RATE, weight_decay=DECAY)
        self._adam = torch.optim.AdamW(rest, lr=REST_RATE, weight_decay=DECAY)

    def step(self, rate: float) -> None:
        """One step, at a share of the peaks of the learning rates."""
        for matrix, kernel in zip(self._matrices, self._kernels, strict=True):
            matrix.grad = None if kernel.grad is None else kernel.grad.flatten(1)
        for group in self._muon.param_groups:
            group["lr"] = KERNEL_RATE * rate
        for group in self._adam.param_groups:
            group["lr"] = REST_RATE * rate
        self._muon.step()
        self._adam.step()


def _rate(step: int, steps: int) -> float:
    """The share of the learning rate's peak: up within WARM_UP steps, and down as a cosine."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    way = (step - WARM_UP) / max(1, steps - WARM_UP)
    return float(LAST_SHARE + (1 - LAST_SHARE) * 0.5 * (1 + np.cos(np.pi * way)))


def _loss(network: LipSync, batch: Batch, balance: Tensor) -> Tensor:
    # Half as long where the processor multiplies such numbers itself.
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported()):
        visemes, articulation = network(torch.from_numpy(batch.mel))
    visemes, articulation = visemes.float(), articulation.float()
    wanted, said = torch.from_numpy(batch.articulation), torch.from_numpy(batch.visemes)
    weights = torch.tensor(WEIGHTS)
    active = 1 + torch.tensor(ACTIVE_WEIGHTS) * wanted
    alike = torch.isin(said, torch.tensor([NAMES.index(name) for name in LIKE_CLOSED]))
    active[..., PRESS] += LIKE_CLOSED_WEIGHT * alike
    named = cross_entropy(
        visemes.reshape(-1, VISEMES),
        said.reshape(-1),
        balance,
        label_smoothing=LABEL_SMOOTHING,
    )
    soft = binary_cross_entropy_with_logits(articulation, wanted, reduction="none")
    error = torch.sigmoid(articulation) - wanted
    moving = (error.diff(dim=1) ** 2 * torch.tensor(MOVING_WEIGHTS)).mean()
    return (
        SHARES[0] * named
        + SHARES[1] * (soft * weights * active).mean()
        + SHARES[2] * (error**2 * weights).mean()
        + SHARES[3] * moving
    )


def _balance(data: Data) -> Tensor:
    """Rarer visemes weigh more, by the root of how rare they are."""
    counts = np.bincount(data.visemes, minlength=VISEMES) + 1
    weights = 1 / np.sqrt(counts / counts.sum())
    return torch.from_numpy((weights / weights.mean()).astype(np.float32))


@torch.no_grad()
def _average(averaged: LipSync, network: LipSync, keep: float) -> None:
    for old, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def _ahead(source: Iterator[Batch]) -> Iterator[Batch]:
    """The next batch is made while the last one is used."""
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(next, source)
        while True:
            batch = waiting.result()
            waiting = executor.submit(next, source)
            yield batch
