"""Making avatars nod, wave and laugh in the visits that go on."""

from typing import Annotated, Any

from asgiref.sync import async_to_sync
from ninja import Router
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agents import selectors
from agents.gestures import named, offered
from api.auth import AuthorizedRequest
from api.schemas import ErrorAnswer
from api.speak import RoomId
from rtc import commands

router = Router(tags=["Live visits"])


def _gesture(value: object) -> str:
    named(value)
    return str(value)


class GestureRequest(BaseModel):
    model_config = ConfigDict(title="GestureRequest")

    gesture: Annotated[
        str,
        BeforeValidator(_gesture),
        Field(description=f"One of {', '.join(offered())}.", examples=["nod"]),
    ]
    room_id: RoomId = None


class GestureAnswer(BaseModel):
    success: bool = True
    agent_code: str
    gesture: str
    delivered_to_rooms: int


ANSWERS: dict[Any, Any] = {200: GestureAnswer} | dict.fromkeys(
    (400, 401, 404, 409, 413, 422, 429, 500, 503), ErrorAnswer
)


@router.post("/{code}/gesture", response=ANSWERS, summary="Make a gesture")
def gesture(request: AuthorizedRequest, code: str, payload: GestureRequest) -> GestureAnswer:
    """Let the avatar make a gesture now, over whatever it is saying."""
    agent = selectors.mintable(request.auth, code)
    gesture = named(payload.gesture)
    rooms = async_to_sync(commands.gesture)(agent.code, gesture, payload.room_id)
    return GestureAnswer(agent_code=agent.code, gesture=payload.gesture, delivered_to_rooms=rooms)
