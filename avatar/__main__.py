"""``python -m avatar build [folder]`` draws the default character and writes its bundle."""

import argparse
import sys
from pathlib import Path

from avatar import CHARACTERS, DEFAULT


def main(arguments: list[str]) -> int:
    """Run the command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m avatar", description=__doc__)
    parser.add_argument("command", choices=["build"])
    parser.add_argument("folder", nargs="?", type=Path, default=CHARACTERS / DEFAULT)
    options = parser.parse_args(arguments)
    # Needs the SVG renderer, which only a development install has.
    from avatar.drawing.build import build
    from avatar.drawing.pose import Palette

    size_bytes = build(DEFAULT, Palette(), options.folder)
    sys.stdout.write(f"{options.folder}: {size_bytes / 1e6:.2f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
