"""A document that a back end has uploaded: its agent's visitor is answered from it."""

import time

from tests.e2e import agents
from tests.e2e.conftest import Visitors
from tests.e2e.parley import Parley
from tests.knowledge import papers

BUILT_WITHIN_S = 60.0
HANDBOOK = papers.pdf(
    [
        ["Warranty", "Every kettle that we sell is guaranteed for seven years from purchase."],
        ["Descaling", "Fill the kettle with vinegar and water and let it stand for an hour."],
    ]
)


def test_a_question_about_an_uploaded_pdf_is_answered_from_it(
    visitors: Visitors, parley: Parley
) -> None:
    attach(parley, agents.READER)
    context, _ = visitors.person(granted=False)
    widget = visitors.demo(agents.READER, context=context)
    widget.type_instead()
    widget.say("How long is a kettle guaranteed?")
    widget.wait_for_line("assistant", lambda line: "seven years" in line)
    user_id = parley.call("GET", "/v1/me")["data"]["user_id"]
    path = f"/v2/{user_id}/runtime-sessions/{widget.sid}/messages"
    told = [line["sources"] for line in parley.call("GET", path)["data"]["messages"]]
    assert [(each["title"], each["page"]) for each in told[-1]] == [("handbook.pdf", 1)]


def attach(parley: Parley, code: str) -> None:
    """Upload the handbook, and wait until the agent can look things up in it."""
    files = {"file": ("handbook.pdf", HANDBOOK)}
    document = parley.call("POST", "/v1/knowledge/files", files=files)["data"]
    wanted = {"name": "Handbook", "file_ids": [document["id"]]}
    base = parley.call("POST", "/v1/knowledge/kbs", json=wanted)["data"]
    parley.call("PUT", f"/v1/agent/{code}/knowledge", json={"kb_ids": [base["id"]]})
    deadline_s = time.monotonic() + BUILT_WITHIN_S
    status = ""
    while status != "ready":
        status = parley.call("GET", f"/v1/knowledge/kbs/{base['id']}")["data"]["status"]
        assert status != "failed"
        assert time.monotonic() < deadline_s
        time.sleep(0.2)
