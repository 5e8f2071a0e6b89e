"""Whose secret it is."""

from ninja import Router
from pydantic import BaseModel

from api.auth import AuthorizedRequest
from api.schemas import ErrorAnswer

router = Router(tags=["Account"])


class MeData(BaseModel):
    user_id: str
    username: str
    tier: str


class MeAnswer(BaseModel):
    success: bool = True
    data: MeData


@router.get(
    "",
    response={200: MeAnswer} | dict.fromkeys((401, 429, 500), ErrorAnswer),
    summary="The account behind the secret",
)
def me(request: AuthorizedRequest) -> MeAnswer:
    """Name the account; its `user_id` stands in every address under `/v2`."""
    account = request.auth
    return MeAnswer(data=MeData(user_id=account.uid, username=account.username, tier=account.tier))
