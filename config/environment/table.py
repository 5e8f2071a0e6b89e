"""The variables as documents: the tables of docs/settings.md, and .env.example."""

from config.environment import sections

BEGIN, END = "<!-- variables: begin -->", "<!-- variables: end -->"


def markdown() -> str:
    """Every section's table."""
    parts = []
    for heading, variables in sections():
        lines = [
            f"## {heading}\n",
            "| Variable | Must be | Without it | What it does |",
            "|---|---|---|---|",
        ]
        for it in variables:
            looks = it.kind.looks.replace("|", "\\|")
            lines.append(f"| `{it.name}` | {looks} | {it.without} | {it.says} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def inserted(page: str) -> str:
    """`page` with the tables of today between its two marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{markdown()}\n\n{END}{tail}"


def example() -> str:
    """A file to copy to `.env`, with every line commented out."""
    parts = ["# Copy to .env and remove the # of what you set; docs/settings.md explains each.\n"]
    for heading, variables in sections():
        parts.append(f"# {heading}")
        parts.extend(f"#{it.name}={it.kind.example}" for it in variables)
        parts.append("")
    return "\n".join(parts)
