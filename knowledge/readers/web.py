"""HTML: what a page shows, without what stands around its text."""

from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from knowledge.blocks import HEADING_CHARS, Block, tidy

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN_TAGS = (
    "script style noscript template svg math head nav footer form button select iframe object"
    " canvas audio video"
)
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
_INLINE_TAGS = (
    "a abbr b bdi bdo br cite code data dfn em font i kbd label mark q s samp small span strong sub"
    " sup time tt u var"
)
_INLINE = frozenset(_INLINE_TAGS.split())


def read_html(path: Path) -> Iterator[Block]:
    """The page's text by its headings: of its main part, where it has one."""
    soup = BeautifulSoup(path.read_bytes(), "html.parser")
    main = soup.find("main") or soup.find("article") or soup.body or soup
    heading, paragraphs = "", list[str]()
    for text, tag in _texts(main):
        if tag in _HEADINGS:
            yield Block("\n".join(paragraphs), heading)
            heading, paragraphs = text[:HEADING_CHARS], []
        else:
            paragraphs.append(text)
    yield Block("\n".join(paragraphs), heading)


def _texts(main: Tag) -> Iterator[tuple[str, str]]:
    """Each stretch of text within one block, and the block's tag."""
    stretch: list[str] = []
    block: Tag | None = None
    for node in main.descendants:
        if isinstance(node, Tag) and node.name == "br":
            stretch.append("\n")
        if not isinstance(node, NavigableString) or isinstance(node, PreformattedString):
            continue
        holder = _block_of(node)
        if holder is not block:
            yield from _said(stretch, block)
            stretch, block = [], holder
        stretch.append(str(node))
    yield from _said(stretch, block)


def _said(stretch: list[str], block: Tag | None) -> Iterator[tuple[str, str]]:
    if block is not None and (text := tidy("".join(stretch))):
        yield text, block.name


def _block_of(node: NavigableString) -> Tag | None:
    """The innermost block around a text; None where it is not seen."""
    block: Tag | None = None
    for parent in node.parents:
        if parent.name in _UNSEEN or parent.has_attr("hidden"):
            return None
        if block is None and parent.name not in _INLINE:
            block = parent
    return block
