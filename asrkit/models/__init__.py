"""The model that ships with asrkit."""

from pathlib import Path

SMALL_PARAFORMER = Path(__file__).parent / "small-paraformer"
