"""Who may take a place: limits on live visits per account, agent and address, minutes per day."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from agents.models import Agent
from rtc import allowance, selectors, services
from rtc.errors import Refused
from rtc.models import Session
from rtc.policy import RtcSettings
from tokens import limits
from tokens.errors import BalanceSpent
from tokens.models import Account

LIMIT_CLOSE_CODE = 4429
_SPENT = "This assistant cannot be reached just now. Please tell the site's owner."
_BUSY = "All places are taken just now. Please try again in a moment."


def admit(agent: Agent, client_hash: str, *, anonymous: bool, policy: RtcSettings) -> None:
    """Check every limit for one more visit of `agent`.

    Call it inside the transaction that takes the place: it locks the account's row, so that
    two visitors cannot take one place.

    Raises:
        Refused: SESSION_LIMIT, RATE_LIMITED or quota, with seconds after which to retry.
    """
    account = Account.objects.select_for_update().get(pk=agent.account_id)
    try:
        limits.check_balance(account)
    except BalanceSpent:
        raise Refused("quota", _SPENT, LIMIT_CLOSE_CODE) from None
    live = selectors.live()
    allowed = limits.limits_of(account).live_visits
    if allowed is not None and live.filter(agent__account=account).count() >= allowed:
        raise Refused("SESSION_LIMIT", _BUSY, LIMIT_CLOSE_CODE, 15)
    if agent.max_live_visits is not None and (
        live.filter(agent=agent).count() >= agent.max_live_visits
    ):
        raise Refused("SESSION_LIMIT", _BUSY, LIMIT_CLOSE_CODE, 15)
    if anonymous and client_hash:
        _admit_address(live, client_hash, policy)
    _admit_minutes(agent)


def _admit_address(live: QuerySet[Session], client_hash: str, policy: RtcSettings) -> None:
    anonymous = {"client_hash": client_hash, "fingerprint": ""}
    if live.filter(**anonymous).count() >= policy.anonymous_per_address:
        raise Refused(
            "RATE_LIMITED", "You already have several conversations open.", LIMIT_CLOSE_CODE, 30
        )
    hour_ago = timezone.now() - timedelta(hours=1)
    started = Session.objects.filter(**anonymous, started_at__gte=hour_ago)
    if started.count() >= policy.anonymous_per_hour:
        raise Refused(
            "RATE_LIMITED", "Too many conversations in the last hour.", LIMIT_CLOSE_CODE, 600
        )


def _admit_minutes(agent: Agent) -> None:
    now = timezone.now()
    left_s = allowance.left_s(agent, now)
    if left_s is not None and left_s <= 0:
        tomorrow = services.midnight(now) + timedelta(days=1) - now
        raise Refused(
            "quota",
            "The assistant has talked enough for today. Please come back tomorrow.",
            LIMIT_CLOSE_CODE,
            int(tomorrow.total_seconds()) + 1,
        )
