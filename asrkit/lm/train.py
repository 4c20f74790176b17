"""Training a model by any smoothing: one table says where each lives and which options it knows."""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import dataclass
from typing import Any

from asrkit import defaults, progress
from asrkit.errors import AsrkitError, Status, shown
from asrkit.lm.checks import check_any

MODIFIED_KNESER_NEY = "modified-kneser-ney"
SMOOTHINGS: dict[str, tuple[str, ...]] = {
    "mle": (),
    "add-k": ("k",),
    "jelinek-mercer": ("heldout",),
    "absolute": ("discount_fallback",),
    "katz": (),
    "witten-bell": (),
    "kneser-ney": ("discount_fallback",),
    "kneser-ney-backoff": ("discount_fallback",),
    MODIFIED_KNESER_NEY: ("discount_fallback", "prune", "no_interpolate_unigrams", "memory", "jobs"),
}
SPECIAL_WORDS = ("error", "skip", "space", "unk")  # what they are in a text; see `corpus.SentenceReader`
MAX_ORDER = 8


@dataclass(frozen=True)
class Request:
    """What the command line asks for; None or False where it says nothing."""

    texts: tuple[str, ...]
    output: str
    order: int = defaults.ORDER
    smoothing: str = MODIFIED_KNESER_NEY
    vocab: str | None = None
    min_count: int = defaults.MIN_COUNT
    special_words: str = defaults.SPECIAL_WORDS
    prune: str | None = None
    discount_fallback: str | None = None
    no_interpolate_unigrams: bool = False
    memory: str | None = None
    jobs: int | None = None
    k: float | None = None
    heldout: tuple[str, ...] = ()


def train(request: Request) -> None:
    """Train the model that `request` asks for and publish it.

    Raises:
        AsrkitError: an option that this smoothing does not know, or with a value that it cannot take; a text that
            cannot be read, or is too small; as `store.publish_file`.
    """
    _check_options(request)
    from asrkit.lm.corpus import read_vocabulary

    keep = read_vocabulary(request.vocab) if request.vocab is not None else None
    if request.smoothing == MODIFIED_KNESER_NEY:
        from asrkit.lm import modified_kneser_ney

        modified_kneser_ney.train(request.texts, request.output, _modified_options(request, keep))
        return
    from asrkit.formats import arpa
    from asrkit.lm.counts import count_ngrams

    progress.stage(1, 3, "counting n-grams")
    counts = count_ngrams(
        request.texts, request.order, keep=keep, min_count=request.min_count, special_words=request.special_words
    )
    for order, grams in enumerate(counts.grams, 1):
        check_any(len(grams), order, request.order)
    progress.stage(2, 3, f"{request.smoothing} smoothing")
    module = importlib.import_module(f"asrkit.lm.smoothing.{request.smoothing.replace('-', '_')}")
    model = module.estimate(counts, **_smoothing_options(request))
    progress.stage(3, 3, "writing the model")
    arpa.write(request.output, model)


def _check_options(request: Request) -> None:
    known = SMOOTHINGS[request.smoothing]
    for option in sorted({name for names in SMOOTHINGS.values() for name in names}):
        if getattr(request, option) not in (None, False, ()) and option not in known:
            others = ", ".join(name for name, options in SMOOTHINGS.items() if option in options)
            what = f"--{option.replace('_', '-')} means nothing to --smoothing {request.smoothing}"
            raise AsrkitError(what, cure=f"leave it out; it belongs to {others}", status=Status.WRONG_USAGE)


def _modified_options(request: Request, keep: frozenset[str] | None) -> Any:
    from asrkit.lm.modified_kneser_ney import Options
    from asrkit.lm.pile import parse_size

    fallback = None
    if request.discount_fallback is not None:
        values = parse_discounts(request.discount_fallback)
        fallback = (values[0], values[min(1, len(values) - 1)], values[-1])
    return Options(
        order=request.order,
        prune=parse_prune(request.prune, request.order),
        keep=keep,
        min_count=request.min_count,
        special_words=request.special_words,
        discount_fallback=fallback,
        interpolate_unigrams=not request.no_interpolate_unigrams,
        memory=parse_size(request.memory or defaults.MEMORY),
        jobs=request.jobs or min(8, os.cpu_count() or 1),
    )


def _smoothing_options(request: Request) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if request.k is not None:
        options["k"] = request.k
    if request.heldout:
        options["heldout"] = request.heldout
    if request.discount_fallback is not None:
        options["discount_fallback"] = parse_discounts(request.discount_fallback)[0]
    return options


def parse_prune(text: str | None, order: int) -> tuple[int, ...]:
    """Return a threshold for each order from text such as "0,0,1"; the last one holds for the orders after it.

    Raises:
        AsrkitError: not numbers, more than there are orders, or one less than the one before.
    """
    if text is None:
        return (0,) * order
    fields = re.split(r"[ ,]+", text.strip())
    if not all(re.fullmatch(r"\d{1,9}", field) for field in fields) or len(fields) > order:
        cure = f"write at most {order} numbers, one for each order, such as {','.join('0' * (order - 1) + '1')}"
        raise AsrkitError(f"--prune {shown(text)} cannot be read", cure=cure, status=Status.WRONG_USAGE)
    thresholds = [int(field) for field in fields]
    if thresholds != sorted(thresholds):
        cure = "let no number be less than the one before, or contexts would go before the n-grams that need them"
        raise AsrkitError(f"--prune {shown(text)} falls", cure=cure, status=Status.WRONG_USAGE)
    return (*thresholds, *[thresholds[-1]] * (order - len(thresholds)))


def parse_discounts(text: str) -> tuple[float, ...]:
    """Return the discounts D1, D2, D3+ in text such as "0.5,1,1.5"; there may be fewer.

    Raises:
        AsrkitError: not one to three numbers; Di is not between 0 and i.
    """
    fields = re.split(r"[ ,]+", text.strip())
    try:
        values = tuple(float(field) for field in fields)
    except ValueError:
        values = ()
    full = [*values, *values[-1:] * 3][:3]
    if not 1 <= len(values) <= len(defaults.DISCOUNT_FALLBACK) or not all(0 <= d <= i for i, d in enumerate(full, 1)):
        cure = "write one to three, D1 from 0 to 1, D2 to 2, D3 to 3, such as --discount-fallback=0.5,1,1.5"
        what = f"{shown(text)} are not discounts"
        raise AsrkitError(what, cure=cure, status=Status.WRONG_USAGE)
    return values
