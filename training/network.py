"""The network as torch trains it: convolutions that see FIELD frames for each output."""

import torch
from torch import Tensor, nn

from avatar.mel import BANDS
from avatar.network import FIELD, VISEMES

CHANNELS = 128
FIRST_CHANNELS = 64
FIRST_WIDTH, SECOND_WIDTH, STRIDE = 5, 4, 2
WIDTH = 3
# Each block's dilation, and how many frames of its future the block's shortcut leaves out, so that
# shortcuts stay at the moment that is described.
BLOCKS = ((1, 1), (2, 1), (4, 1), (8, 0), (1, 0))
ARTICULATION = 6


class Block(nn.Module):
    """x + ReLU(BN(Conv(x))), without padding."""

    def __init__(self, dilation: int, ahead: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(CHANNELS, CHANNELS, WIDTH, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(CHANNELS)
        self.dilation, self.ahead = dilation, ahead

    def forward(self, x: Tensor) -> Tensor:
        """Shape (b, CHANNELS, t) becomes (b, CHANNELS, t - 2 * dilation)."""
        changed = torch.relu(self.norm(self.conv(x)))
        return x[:, :, 2 * self.dilation - self.ahead : x.shape[2] - self.ahead] + changed


class LipSync(nn.Module):
    """Log-mel frames to visemes and articulation."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(BANDS, FIRST_CHANNELS, FIRST_WIDTH, bias=False)
        self.first_norm = nn.BatchNorm1d(FIRST_CHANNELS)
        self.second = nn.Conv1d(FIRST_CHANNELS, CHANNELS, SECOND_WIDTH, STRIDE, bias=False)
        self.second_norm = nn.BatchNorm1d(CHANNELS)
        self.blocks = nn.ModuleList(Block(dilation, ahead) for dilation, ahead in BLOCKS)
        self.head = nn.Conv1d(CHANNELS, VISEMES + ARTICULATION, 1)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of visemes (b, n, 15) and of articulation (b, n, 6) for frames (b, t, BANDS)."""
        x = torch.relu(self.first_norm(self.first(mel.transpose(1, 2))))
        x = torch.relu(self.second_norm(self.second(x)))
        for block in self.blocks:
            x = block(x)
        logits = self.head(x).transpose(1, 2)
        return logits[..., :VISEMES], logits[..., VISEMES:]


def field() -> int:
    """How many frames one output sees."""
    inner = 1 + (WIDTH - 1) * sum(dilation for dilation, _ in BLOCKS)
    return (inner - 1) * STRIDE + SECOND_WIDTH + FIRST_WIDTH - 1


if field() != FIELD:
    raise RuntimeError("avatar.network expects another field")
