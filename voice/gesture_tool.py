"""The tool with which a language model moves the avatar."""

import asyncio
from collections.abc import Callable, Sequence

from livekit.agents import llm

NAME = "make_gesture"
_DESCRIPTION = (
    "Let your face make a gesture while you speak. Call it beside the words of your answer, at "
    "most once in an answer, and only where a person would make it too. It tells nothing back."
)
_NOW_SPEAK = "The gesture is being made. Now answer the visitor in words."
_ANSWER_ENDS_WITHIN_S = 30.0


class GestureTool:
    """One visit's tool; `make` is called with a gesture of `allowed`.

    Whoever runs the language model tells when an answer begins, holds text, and ends: a call that
    came without words asks the model for them, any other needs no second answer.
    """

    def __init__(self, allowed: Sequence[str], make: Callable[[str], None]) -> None:
        self._allowed = tuple(allowed)
        self._make = make
        self._spoken = False
        self._ended = asyncio.Event()

    def tools(self) -> list[llm.Tool | llm.Toolset]:
        """What to give to the engine: nothing, where no gesture is allowed."""
        if not self._allowed:
            return []
        gesture = {"type": "string", "enum": list(self._allowed)}
        schema = {
            "name": NAME,
            "description": _DESCRIPTION,
            "parameters": {
                "type": "object",
                "properties": {"gesture": gesture},
                "required": ["gesture"],
                "additionalProperties": False,
            },
        }

        async def make_gesture(raw_arguments: dict[str, object]) -> str | None:
            return await self._called(raw_arguments)

        return [llm.function_tool(make_gesture, raw_schema=schema)]

    def answer_begins(self) -> None:
        """The model is asked."""
        self._spoken = False
        self._ended.clear()

    def answer_has_text(self) -> None:
        """It answers in words."""
        self._spoken = True

    def answer_ends(self) -> None:
        """Nothing more comes of this answer."""
        self._ended.set()

    async def _called(self, arguments: dict[str, object]) -> str | None:
        gesture = arguments.get("gesture")
        if not isinstance(gesture, str) or gesture not in self._allowed:
            return f"That gesture is unknown; there are {', '.join(self._allowed)}."
        self._make(gesture)
        async with asyncio.timeout(_ANSWER_ENDS_WITHIN_S):
            await self._ended.wait()
        return None if self._spoken else _NOW_SPEAK
