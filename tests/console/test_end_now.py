import pytest
from django.utils import timezone

from rtc import services
from rtc.models import EndReason, Session, State
from tests.console.conftest import SignIn, make_visit
from tests.factories import Tenant
from webhooks import services as webhooks
from webhooks.models import Event


@pytest.mark.parametrize(
    ("signed_in_as", "reason"), [("ada", EndReason.OPERATOR), ("bob", "")], ids=["own", "another's"]
)
def test_a_live_visit_is_ended_by_its_owner_alone(
    tenant: Tenant, stranger: Tenant, sign_in: SignIn, signed_in_as: str, reason: str
) -> None:
    live = make_visit(tenant.agent, "ses_live", state=State.LIVE, end_reason="", ended_at=None)
    past = make_visit(tenant.agent, "ses_past")
    client = sign_in(tenant.account if signed_in_as == "ada" else stranger.account)
    client.post(
        "/console/rtc/session/",
        {"action": "end_now", "_selected_action": [live.pk, past.pk]},
    )
    assert Session.objects.get(pk=live.pk).end_reason == reason
    assert Session.objects.get(pk=past.pk).end_reason == EndReason.VISITOR


def test_visits_are_erased_together_with_what_webhooks_wait_to_tell(
    tenant: Tenant, stranger: Tenant, sign_in: SignIn
) -> None:
    webhooks.register(account=tenant.account, url="https://shop.example/hook")
    mine = [make_visit(tenant.agent, f"ses_{number}") for number in range(2)]
    other = make_visit(stranger.agent, "ses_bobs")
    services.record_line("ses_0", {"at": timezone.now(), "role": "user", "text": "Private"})
    selected = [visit.pk for visit in (*mine, other)]
    form = {"action": "delete_selected", "_selected_action": selected, "post": "yes"}
    sign_in(tenant.account).post("/console/rtc/session/", form)
    assert list(Session.objects.all()) == [other]
    assert not Event.objects.exists()
