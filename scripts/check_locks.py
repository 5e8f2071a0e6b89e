"""Fails when pyproject.toml asks for what a lock file does not hold; needs no network."""

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def locked(lock: Path) -> dict[str, set[str]]:
    """The versions that `lock` holds of each package; markers may choose among several."""
    versions: dict[str, set[str]] = {}
    for line in lock.read_text().splitlines():
        if line[:1].isalnum():
            name, _, version = line.split()[0].partition("==")
            versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def complaints(requirements: list[str], lock: Path) -> list[str]:
    held = locked(lock)
    found = []
    for text in requirements:
        requirement = Requirement(text)
        versions = held.get(canonicalize_name(requirement.name), set())
        if not any(requirement.specifier.contains(version) for version in versions):
            found.append(f"{lock.name}: {text} is asked for, and {versions or 'nothing'} is held")
    return found


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    found = complaints(runtime, ROOT / "requirements.lock") + complaints(
        runtime + project["dependency-groups"]["dev"], ROOT / "requirements-dev.lock"
    )
    for line in found:
        sys.stderr.write(f"{line}\n")
    if found:
        sys.stderr.write("Run `make lock`.\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
