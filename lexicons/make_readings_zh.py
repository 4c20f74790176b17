"""Make asrkit/text/readings_zh.txt from the Unihan database: `python lexicons/make_readings_zh.py Unihan_Readings.txt`.

`Unihan_Readings.txt` is in Unihan.zip of the Unicode Character Database. Its field kHanyuPinlu says how often each
reading of a character was counted in the running text of the frequency dictionary of modern Chinese of 1986.
"""

import re
import sys
from pathlib import Path

from asrkit import store

OUTPUT = Path(__file__).parents[1] / "asrkit" / "text" / "readings_zh.txt"


def main(source: str) -> None:
    rows = []
    for line in Path(source).read_text(encoding="utf-8").splitlines():
        if "\tkHanyuPinlu\t" in line:
            code, _, field = line.split("\t")
            counted = re.findall(r"(\S+?)\((\d+)\)", field)
            rows.append(f"{chr(int(code[2:], 16))} " + " ".join(f"{syllable} {count}" for syllable, count in counted))
    store.write_lines(OUTPUT, sorted(rows))
    print(f"{OUTPUT.name}: {len(rows):,} characters, {OUTPUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
