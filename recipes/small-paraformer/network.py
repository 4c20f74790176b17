"""Paraformer: a SAN-M encoder, a CIF predictor, a decoder that emits all tokens at once, and a head for time stamps.

Gao et al., "Paraformer: fast and accurate parallel transformer for non-autoregressive end-to-end speech recognition"
(2022); SAN-M: Gao et al. (2020); CIF: Dong and Xu (2020); the second, finer predictor for time stamps ("BiCif") follows
Shi et al., "Achieving timestamp prediction while recognizing with non-autoregressive end-to-end ASR model" (2023).

Shapes: B utterances, T encoder steps of 60 ms (3T of 20 ms behind `hear`), N tokens, D features, V units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from features import MELS, STACK, STRIDE
from torch import Tensor, nn

INPUT = STACK * MELS
FINER = 3  # time stamps are predicted three times as often as encoder steps
FIRE = 1 - 1e-4
# The weights of people's sentences that were set aside add up to a little less than there are tokens.
SHORTFALL = 0.15
FAR = 3.0  # what it costs, in nats, to take one token more or less than they add up to (it grows by the square)
HEARINGS = (0, 2, 4)  # frames of 10 ms by which each hearing of a recording begins later
NEAR = 3  # tokens on either side that the corrector sees
GAP = 5  # empty places between two readings of the same recording, so that no FSMN memory reaches across
# The corrector's share of the log-probabilities: of what the decoder's second pass is given, and of the outcome, where
# the language model of a search has its say as well.
TRUST_WITHIN, TRUST = 0.5, 0.35


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    units: int
    phones: int
    width: int = 192
    hidden: int = 512
    heads: int = 4
    encoder_layers: int = 7
    decoder_layers: int = 2
    kernel: int = 11
    dropout: float = 0.1
    corrector: bool = False


@cache
def random_masks(share: float) -> Tensor:
    """Return a long row of 0 (as often as `share` says) and 1 / (1 - share)."""
    return (torch.rand(1 << 23) >= share).float() / (1 - share)


class Dropout(nn.Module):
    """Dropout whose masks are cut from one row of random choices: drawing anew took a third of a training step."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        row = random_masks(self.share)
        if x.numel() >= len(row):
            return F.dropout(x, self.share)
        at = int(torch.randint(len(row) - x.numel(), (1,)))
        return x * row[at : at + x.numel()].view_as(x)


class Memory(nn.Module):
    """FSMN memory: each feature sees its own neighbourhood in time. (B, T, D) -> (B, T, D), the input added."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x * mask
        return (self.mix(x.transpose(1, 2)).transpose(1, 2) + x) * mask


class SelfAttention(nn.Module):
    """SAN-M: attention whose values also pass through an FSMN memory."""

    def __init__(self, inputs: int, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.project = nn.Linear(inputs, 3 * shape.width)
        self.memory = Memory(shape.width, shape.kernel)
        self.out = nn.Linear(shape.width, shape.width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        query, key, value = self.project(x).chunk(3, dim=-1)
        return self.out(attend(query, key, value, mask, self.heads)) + self.memory(value, mask)


class CrossAttention(nn.Module):
    """The decoder's look at the encoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width)
        self.key_value = nn.Linear(shape.width, 2 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)

    def forward(self, x: Tensor, encoded: Tensor, mask: Tensor) -> Tensor:
        key, value = self.key_value(encoded).chunk(2, dim=-1)
        return self.out(attend(self.query(x), key, value, mask, self.heads))


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, heads: int) -> Tensor:
    """Return scaled dot-product attention; `mask` is (B, T, 1), 1 where a key is valid."""

    def split(x: Tensor) -> Tensor:
        return x.view(x.size(0), x.size(1), heads, -1).transpose(1, 2)

    query, key, value = split(query), split(key), split(value)
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.size(-1))
    scores = scores.masked_fill(mask.transpose(1, 2)[:, None] == 0, -1e4)
    mixed = scores.softmax(-1) @ value
    return mixed.transpose(1, 2).flatten(2)


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward net; no residual round the attention where the width changes."""

    def __init__(self, inputs: int, shape: Shape) -> None:
        super().__init__()
        self.same_width = inputs == shape.width
        self.norm1, self.norm2 = nn.LayerNorm(inputs), nn.LayerNorm(shape.width)
        self.attention = SelfAttention(inputs, shape)
        self.feed = nn.Sequential(
            nn.Linear(shape.width, shape.hidden),
            nn.ReLU(),
            Dropout(shape.dropout),
            nn.Linear(shape.hidden, shape.width),
        )
        self.drop = Dropout(shape.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        attended = self.drop(self.attention(self.norm1(x), mask))
        x = x + attended if self.same_width else attended
        return x + self.drop(self.feed(self.norm2(x)))


class DecoderFeed(nn.Module):
    """The decoder's feed-forward net, which has a norm between its two layers."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(shape.width)
        self.wide = nn.Linear(shape.width, shape.hidden)
        self.inner = nn.LayerNorm(shape.hidden)
        self.narrow = nn.Linear(shape.hidden, shape.width, bias=False)
        self.drop = Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.narrow(self.inner(self.drop(F.relu(self.wide(self.norm(x))))))


class DecoderLayer(nn.Module):
    """Feed-forward, FSMN memory over the tokens, attention to the encoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.feed = DecoderFeed(shape)
        self.norm2, self.norm3 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.memory = Memory(shape.width, shape.kernel)
        self.attention = CrossAttention(shape)
        self.drop = Dropout(shape.dropout)

    def forward(self, x: Tensor, token_mask: Tensor, encoded: Tensor, mask: Tensor) -> Tensor:
        x = x + self.drop(self.memory(self.norm2(self.feed(x)), token_mask))
        return x + self.drop(self.attention(self.norm3(x), encoded, mask))


class Predictor(nn.Module):
    """How much of a token each encoder step holds, and the same three times as finely for time stamps."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.near = nn.Conv1d(shape.width, shape.width, 3, padding=1)
        self.out = nn.Linear(shape.width, 1)
        self.finer = nn.ConvTranspose1d(shape.width, shape.width, FINER, FINER)
        self.finer_near = nn.Conv1d(shape.width, shape.width // 2, 5, padding=2)
        self.finer_out = nn.Linear(shape.width // 2, 1)

    def forward(self, encoded: Tensor, mask: Tensor) -> Tensor:
        """Return (B, T) weights in [0, 1]."""
        near = F.relu(self.near(encoded.transpose(1, 2))).transpose(1, 2)
        return (torch.sigmoid(self.out(near)) * mask).squeeze(-1)

    def stamps(self, encoded: Tensor, mask: Tensor) -> Tensor:
        """Return (B, 3T) weights in [0, 1]."""
        fine_mask = mask.squeeze(-1).repeat_interleave(FINER, 1)
        finer = F.relu(self.finer((encoded * mask).transpose(1, 2))) * fine_mask[:, None]
        near = F.relu(self.finer_near(finer)).transpose(1, 2)
        return torch.sigmoid(self.finer_out(near)).squeeze(-1) * fine_mask


class Corrector(nn.Module):
    """What was said, given what was heard: a neural n-gram that sees what each token and its neighbours may be.

    It is taught by text, so it knows words that no recording holds.
    """

    WIDTH, WIDE, HIDDEN = 96, 448, 256

    def __init__(self, units: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(units, self.WIDTH)
        self.wide = nn.Linear((2 * NEAR + 1) * self.WIDTH, self.WIDE)
        self.narrow = nn.Linear(self.WIDE, self.HIDDEN)
        self.norm1, self.norm2 = nn.LayerNorm(self.WIDE), nn.LayerNorm(self.HIDDEN)
        self.output = nn.Linear(self.HIDDEN, units)
        self.drop = Dropout(dropout)

    def forward(self, heard: Tensor) -> Tensor:
        """Return logits (B, N, V) for embeddings (B, N, WIDTH), which are 0 where there is no token."""
        around = F.pad(heard, (0, 0, NEAR, NEAR))
        around = torch.cat([around[:, at : at + heard.size(1)] for at in range(2 * NEAR + 1)], dim=-1)
        hidden = self.drop(F.relu(self.norm1(self.wide(around))))
        return self.output(self.norm2(F.relu(self.narrow(hidden))))


class Paraformer(nn.Module):
    """The whole network; `phones` is a CTC head that only training uses."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        inputs = [INPUT] + [shape.width] * (shape.encoder_layers - 1)
        self.encoder = nn.ModuleList(EncoderLayer(width, shape) for width in inputs)
        self.encoder_norm = nn.LayerNorm(shape.width)
        self.predictor = Predictor(shape)
        self.decoder = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.last_feed = DecoderFeed(shape)
        self.decoder_norm = nn.LayerNorm(shape.width)
        self.output = nn.Linear(shape.width, shape.units)
        self.embedding = nn.Embedding(shape.units, shape.width)
        self.phones = nn.Linear(shape.width, shape.phones)
        self.corrector = Corrector(shape.units, shape.dropout) if shape.corrector else None

    def encode(self, speech: Tensor, mask: Tensor) -> Tensor:
        """Return (B, T, D), 0 beyond the end, for features (B, T, 560) and mask (B, T, 1).

        No dropout here: the ripple of a low voice's pitch is a small difference of large inputs, and would drown.
        """
        x = speech * math.sqrt(self.shape.width) + positions(speech)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x) * mask

    def hear(self, speech: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return finer steps (B, 3T, D), their CIF weights (B, 3T) and mask (B, 3T, 1) for features (B, T, 560).

        A recording is heard three times, each a third of a step later; the finer steps are of each hearing in turn.
        They err in different places, and each has one vote in three on how many tokens there are.
        """
        masks = torch.cat([mask] * len(HEARINGS))
        encoded = self.encode(torch.cat([later(speech, mask, frames) for frames in HEARINGS]), masks)
        alphas = self.predictor(encoded, masks) / len(HEARINGS)
        hearings = (torch.stack(part.chunk(len(HEARINGS)), 2).flatten(1, 2) for part in (encoded, alphas, masks))
        return tuple(hearings)

    def decode(self, tokens: Tensor, token_mask: Tensor, encoded: Tensor, mask: Tensor) -> Tensor:
        """Return (B, N, V) logits for the acoustic embeddings `tokens` (B, N, D)."""
        x = tokens
        for layer in self.decoder:
            x = layer(x, token_mask, encoded, mask)
        return self.output(self.decoder_norm(self.last_feed(x)))

    def recognise(self, encoded: Tensor, alphas: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, N, V) log-probabilities and the counts of tokens (B,) for what `hear` returns.

        The CIF weights seldom add up to a whole number. The decoder reads both numbers of tokens next to their sum,
        side by side on the axis of tokens, and the likelier reading is kept.
        """
        sums = alphas.sum(1)
        fewer = (sums + SHORTFALL).floor().clamp_min(1)
        longest = (fewer.max() + 1).to(torch.int64)
        either = (fewer, fewer + 1)
        masks = [(torch.arange(longest) < counts[:, None]).float()[..., None] for counts in either]
        tokens = [
            integrate_and_fire(alphas * (counts / sums.clamp_min(1e-6))[:, None], longest) @ encoded
            for counts in either
        ]
        apart = (0, 0, 0, GAP)
        side_by_side = (torch.cat([F.pad(one, apart), other], dim=1) for one, other in (tokens, masks))
        log_probs = self.decode(*side_by_side, encoded, mask).log_softmax(-1)
        readings = log_probs[:, :longest], log_probs[:, longest + GAP :]
        less, more = (
            (reading.max(-1).values * there.squeeze(-1)).sum(1) - FAR * (sums + SHORTFALL - counts) ** 2
            for reading, there, counts in zip(readings, masks, either, strict=True)
        )
        better = (more > less)[:, None, None]
        counts = torch.where(more > less, *reversed(either))
        longest = counts.max().to(torch.int64)
        kept = (torch.where(better, *reversed(pair))[:, :longest] for pair in (tokens, masks, readings))
        return self.read_again(*kept, encoded, mask), counts

    def read_again(self, tokens: Tensor, token_mask: Tensor, first: Tensor, encoded: Tensor, mask: Tensor) -> Tensor:
        """Return (B, N, V) log-probabilities, given acoustic embeddings (B, N, D) and what the decoder made of them.

        The decoder is given the tokens as they were understood, as far as that was sure; of the mean of both passes the
        corrector then has its share.
        """
        understood = self.corrected(first, token_mask, TRUST_WITHIN)
        second = self.decode(self.embedded(tokens, understood), token_mask, encoded, mask).log_softmax(-1)
        return self.corrected(((first + second) / 2).log_softmax(-1), token_mask, TRUST)

    def corrected(self, heard: Tensor, token_mask: Tensor, share: float) -> Tensor:
        """Return (B, N, V) log-probabilities of which the corrector, where there is one, has a `share`."""
        if self.corrector is None:
            return heard
        said = self.corrector((heard.exp() @ self.corrector.embedding.weight) * token_mask).log_softmax(-1)
        return ((1 - share) * heard + share * said).log_softmax(-1)

    def embedded(self, tokens: Tensor, logits: Tensor) -> Tensor:
        """Return the tokens (B, N, D) as `logits` (B, N, V) have them, as far as that is sure."""
        sure, heard = logits.softmax(-1).max(-1)
        share = sure[..., None]
        return share * self.embedding(heard) + (1 - share) * tokens


def later(speech: Tensor, mask: Tensor, count: int) -> Tensor:
    """Return stacked features (B, T, 560) whose every step begins `count` frames later; the last frame is repeated."""
    if count == 0:
        return speech
    frames = speech.view(speech.size(0), speech.size(1), STACK, MELS)
    follows = F.pad(mask, (0, 0, 0, 1))[:, 1:, :, None] > 0
    next_frames = F.pad(frames, (0, 0, 0, 0, 0, 1))[:, 1:, STACK - STRIDE : STACK - STRIDE + count]
    next_frames = torch.where(follows, next_frames, frames[:, :, -1:])
    return torch.cat([frames[:, :, count:], next_frames], dim=2).flatten(2)


def positions(speech: Tensor) -> Tensor:
    """Return sinusoidal positions, counted from 1, of the shape of `speech` (B, T, D)."""
    steps = torch.arange(1, speech.size(1) + 1, dtype=torch.float32)[:, None]
    half = speech.size(2) // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float32) * (-math.log(10000.0) / (half - 1)))
    angles = steps * rates[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)[None]


def integrate_and_fire(alphas: Tensor, count: Tensor | int) -> Tensor:
    """Return CIF as a matrix (B, N, T): the share of step t that belongs to token n.

    It is the overlap of [sum of alphas before t, sum up to t] with [n, n + 1].
    """
    ends = alphas.cumsum(1)
    begins = ends - alphas
    tokens = torch.arange(count, dtype=alphas.dtype)[None, :, None]
    overlap = torch.minimum(ends[:, None], tokens + 1) - torch.maximum(begins[:, None], tokens)
    return overlap.clamp_min(0)
