"""How one variable is declared, and how a section of them is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from config.environment.kinds import Kind, kind_of, reason

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class Variable:
    """One line of the table; `without` says what happens when it is not set."""

    name: str
    kind: Kind[Any]
    says: str
    without: str


def variable(name: str, kind: Kind[Any], default: Any, says: str, *, without: str = "") -> Any:
    """A dataclass field that is read from the variable `name`.

    An empty value counts as not set, so that a line of `.env` can be left blank.
    """
    it = Variable(name, kind, says, without or f"`{default}`")
    return field(default=default, metadata={"variable": it})


def declared(section: type) -> Iterator[tuple[str, Variable]]:
    """The field names of `section` with their variables, in the order of declaration."""
    for each in fields(section):
        yield each.name, each.metadata["variable"]


def read(section: type[Section], environ: Mapping[str, str], problems: list[str]) -> Section:
    """Read `section`, adding one sentence to `problems` for each value that is nonsense."""
    values = {}
    for field_name, it in declared(section):
        raw = environ.get(it.name, "").strip()
        if not raw:
            continue
        try:
            values[field_name] = it.kind.parse(raw)
        except ValueError as error:
            problems.append(_complaint(it, raw, error))
    return section(**values)


def _complaint(it: Variable, raw: str, error: ValueError) -> str:
    return (
        f"{it.name} must be {it.kind.looks}, but is set to {kind_of(raw)}{reason(error)}.\n"
        f"  Write it like {it.name}={it.kind.example}, or remove it: "
        f"without it, {it.without.replace('`', '')} applies."
    )
