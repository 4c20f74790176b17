"""Run the benchmarks that are named, or all of them."""

import importlib
import sys
from pathlib import Path

SUBJECTS = sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py"))


def main(names):
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        sys.exit(f"no benchmark is named {unknown[0]}; there are: {', '.join(SUBJECTS)}")
    for name in names or SUBJECTS:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n## {name}: {module.__doc__.splitlines()[0]}\n", flush=True)
        module.main()


if __name__ == "__main__":
    main(sys.argv[1:])
