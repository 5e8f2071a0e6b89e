"""From documents to answers: builds, searches, workers that die, pages that change."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from config import tasks as house
from knowledge import building, intake, selectors, services
from knowledge.errors import KnowledgeInvalid, LeaseLost
from knowledge.fetching import Fetched
from knowledge.leases import GIVEN_UP, take
from knowledge.models import Build, Content, Document, KnowledgeBase, Passage, Work
from knowledge.search import search
from knowledge.tasks import build_base, fetch_again, take_up
from tests.factories import make_account
from tests.knowledge import papers
from tests.knowledge.working import work
from tokens.errors import RateLimited
from tokens.models import Account
from tokens.storage import used_bytes

CARE = b"# Descaling\nFill the kettle with vinegar and let it stand for an hour.\n"
HOURS = b"# Hours\nThe workshop opens at seven and the bakery at eight.\n"


@pytest.fixture(autouse=True)
def account(db: None) -> Iterator[Account]:
    cache.clear()
    yield make_account()
    cache.clear()


def add(account: Account, name: str, content: bytes) -> Document:
    return services.add_file(account, file_name=name, content=content)


def base_of(account: Account, *documents: Document, **fields: Any) -> KnowledgeBase:
    uids = [document.uid for document in documents]
    return services.create_base(account, name="Shop", documents=uids, **fields)


def found(account: Account, base: KnowledgeBase, question: str) -> list[tuple[str, str, Any]]:
    hits = search(account.pk, [base.pk], question, 4)
    return [(hit.title, hit.heading, hit.page) for hit in hits]


def state(base: KnowledgeBase) -> str:
    return selectors.state(selectors.base(base.account, base.uid))


def test_a_question_finds_the_passage_with_its_page(account: Account) -> None:
    handbook = papers.pdf(
        [
            ["Warranty", "Every kettle that we sell is guaranteed for seven years from purchase."],
            ["Descaling", "Fill the kettle with vinegar and water and let it stand for an hour."],
        ]
    )
    base = base_of(account, add(account, "handbook.pdf", handbook), add(account, "hours.md", HOURS))
    assert (state(base), found(account, base, "vinegar?")) == ("waiting", [])

    work()

    assert state(base) == "ready"
    assert found(account, base, "Is vinegar good for my kettle?")[0] == (
        "handbook.pdf",
        "Descaling",
        2,
    )
    assert found(account, base, "how long are guarantees?")[0] == ("handbook.pdf", "Warranty", 1)
    assert found(account, base, "When do bakeries open?")[0] == ("hours.md", "Hours", None)
    for nothing in ("How are you?", "", "\x00'\" OR scope:b1 NEAR(", "zebra"):
        assert found(account, base, nothing) == []
    assert Content.objects.filter(original__isnull=False).count() == 0, "the bytes are let go of"


def test_a_rare_word_tells_more_than_a_common_one(account: Account) -> None:
    rows = [f"# Kettle {n}\nThis kettle is a kettle of steel, and kettles last." for n in range(30)]
    rows.insert(17, "# Spout\nThe spout of a kettle can be turned.")
    base = base_of(account, add(account, "all.md", "\n\n".join(rows).encode()))
    work()
    assert found(account, base, "Does the kettle have a spout?")[0][1] == "Spout"


def test_one_account_s_passages_are_no_other_s(account: Account) -> None:
    base = base_of(account, add(account, "care.md", CARE))
    other = make_account("bob")
    others = base_of(other, add(other, "hours.md", HOURS))
    work()
    assert search(other.pk, [base.pk, others.pk], "vinegar kettle", 4) == []
    assert len(search(account.pk, [base.pk, others.pk], "vinegar bakery", 4)) == 1


def test_what_is_deleted_is_found_no_more_not_even_in_the_index(account: Account) -> None:
    care, hours = add(account, "care.md", CARE), add(account, "hours.md", HOURS)
    base = base_of(account, care, hours)
    work()
    services.delete_document(care)
    assert found(account, base, "vinegar") == []
    assert found(account, base, "bakery") == [("hours.md", "Hours", None)]
    account.delete()
    assert (Passage.objects.count(), KnowledgeBase.objects.count()) == (0, 0)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM knowledge_index")
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("scan.pdf", papers.scanned_pdf(), "it may be a scan"),
        ("locked.pdf", papers.encrypted_pdf(), "protected by a password"),
        ("damaged.docx", b"PK\x03\x04 word/document.xml", "damaged"),
    ],
)
def test_what_cannot_be_read_says_why_and_the_rest_is_built(
    account: Account, name: str, content: bytes, error: str
) -> None:
    bad = add(account, name, content)
    alone = base_of(account, bad)
    base = base_of(account, bad, add(account, "care.md", CARE))
    work()
    bad.refresh_from_db()
    assert bad.state == Work.State.FAILED
    assert error in bad.error
    assert (state(alone), Build.objects.get(base=alone).error) == ("failed", building.NOTHING)
    assert state(base) == "ready"
    assert Build.objects.get(base=base).error == "1 of its documents could not be read."
    assert found(account, base, "vinegar") == [("care.md", "Descaling", None)]


def test_a_worker_that_died_leaves_nothing_stuck(account: Account) -> None:
    """It had taken a document and a build, and its tasks are run by nobody any more."""
    document = add(account, "care.md", CARE)
    base = base_of(account, document)
    build = Build.objects.get(base=base)
    for rows, row in ((Document.objects.all(), document), (Build.objects.all(), build)):
        assert take(rows, row.pk) is not None
    DBTaskResult.objects.all().delete()

    take_up.call()
    work()
    assert state(base) == "working", "its beat may yet come"

    long_ago = timezone.now() - timedelta(minutes=2)
    Document.objects.update(beat_at=long_ago)
    Build.objects.update(beat_at=long_ago)
    house.keep_house()
    work()
    document.refresh_from_db()
    assert (document.state, state(base)) == ("ready", "ready")
    assert found(account, base, "vinegar")


def test_what_ends_every_worker_is_given_up(account: Account) -> None:
    document = add(account, "care.md", CARE)
    for _ in range(3):
        assert take(Document.objects.filter(state=Work.State.WAITING), document.pk) is not None
        Document.objects.update(beat_at=timezone.now() - timedelta(minutes=2))
        take_up.call()
    document.refresh_from_db()
    assert (document.state, document.error) == ("failed", GIVEN_UP)


def test_a_worker_that_was_held_for_dead_spoils_nothing(account: Account) -> None:
    document = add(account, "care.md", CARE)
    first = take(Document.objects.all(), document.pk)
    second = take(Document.objects.all(), document.pk)
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLost):
        first.end(Work.State.FAILED, "too late")
    second.end(Work.State.READY)
    document.refresh_from_db()
    assert (document.state, document.error) == ("ready", "")


def test_an_account_has_one_build_at_a_time_and_twenty_a_day(account: Account) -> None:
    base = base_of(account, add(account, "care.md", CARE))
    second = base_of(account, add(account, "hours.md", HOURS))
    first_build, second_build = Build.objects.order_by("pk")
    assert take(Build.objects.all(), first_build.pk) is not None
    assert building.build(second_build.pk)
    assert state(second) == "waiting"
    Build.objects.update(state=Work.State.WAITING)
    work()
    assert (state(base), state(second)) == ("ready", "ready")

    for _ in range(18):
        services.rebuild(base)
        assert services.rebuild(base) == services.rebuild(base), "one that waits is enough"
        Build.objects.update(state=Work.State.READY)
    with pytest.raises(RateLimited):
        services.rebuild(base)


class Page(BaseHTTPRequestHandler):
    """One page that changes, beside others that lead to it or nowhere."""

    text = "The ferry leaves at nine."
    status = 200

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/page.html")
            self.end_headers()
            return
        if self.path == "/inside":
            self.send_response(302)
            self.send_header("Location", "https://10.0.0.1/secret")
            self.end_headers()
            return
        self.send_response(type(self).status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<h1>Ferry</h1><p>{type(self).text}".encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    Page.text, Page.status = "The ferry leaves at nine.", 200
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def texts(account: Account, base: KnowledgeBase, question: str) -> list[str]:
    return [hit.text for hit in search(account.pk, [base.pk], question, 4)]


def test_a_page_is_fetched_again_when_its_time_has_come(account: Account, site: str) -> None:
    page = services.add_url(account, url=f"{site}/moved", name="Ferry", sync_freq="daily")
    base = base_of(account, page)
    work()
    assert texts(account, base, "ferry") == ["The ferry leaves at nine."]

    Page.text = "The ferry leaves at ten."
    house.keep_house()
    work()
    assert texts(account, base, "ferry") == ["The ferry leaves at nine."], "not due yet"

    Document.objects.update(fetch_at=timezone.now() - timedelta(minutes=1))
    house.keep_house()
    work()
    assert texts(account, base, "ferry") == ["The ferry leaves at ten."]

    Page.status = 503
    services.rebuild(base)
    work()
    page.refresh_from_db()
    assert page.state == Work.State.READY
    assert page.error.startswith("The address could not be read: it answered 503. The text of ")
    assert texts(account, base, "ferry") == ["The ferry leaves at ten."]


def test_an_address_inside_is_not_fetched_though_one_outside_leads_there(
    account: Account, site: str
) -> None:
    page = services.add_url(account, url=f"{site}/inside")
    work()
    page.refresh_from_db()
    assert (page.state, page.error) == (
        "failed",
        "The address could not be read: the address must have a public host.",
    )


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://shop.example/a.pdf", "https"),
        ("https://169.254.169.254/latest", "public host"),
        ("file:///etc/passwd", "https"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_once(
    account: Account, url: str, wrong: str
) -> None:
    with pytest.raises(KnowledgeInvalid, match=wrong):
        services.add_url(account, url=url)


def test_a_page_of_two_bases_is_new_in_both_when_one_is_built_again(
    account: Account, site: str
) -> None:
    page = services.add_url(account, url=f"{site}/page.html", name="Ferry")
    first, second = base_of(account, page), base_of(account, page)
    work()
    Page.text = "The ferry leaves at ten."
    services.rebuild(first)
    work()
    for base in (first, second):
        assert texts(account, base, "ferry") == ["The ferry leaves at ten."]
    assert Build.objects.count() == 4, "and no more than that"


def test_accounts_take_turns_and_housekeeping_waits_for_no_document(account: Account) -> None:
    many = [add(account, f"{n}.md", CARE) for n in range(3)]
    other = add(make_account("bob"), "hours.md", HOURS)
    long_ago = timezone.now() - timedelta(days=31)
    base = base_of(account, build=False)
    old = Build.objects.create(base=base, state=Work.State.FAILED)
    Build.objects.filter(pk=old.pk).update(created_at=long_ago)

    house.keep_house()
    work(queue="default")
    assert not Build.objects.exists(), "also one that was cut off too often is forgotten"
    assert Document.objects.filter(state=Work.State.WAITING).count() == 4

    work(most=2)
    read = Document.objects.filter(state=Work.State.READY)
    assert set(read.values_list("pk", flat=True)) == {many[0].pk, other.pk}
    work()
    assert read.count() == 4


def test_a_build_that_must_wait_for_another_asks_for_nothing(account: Account) -> None:
    document = add(account, "care.md", CARE)
    work()
    bases = [base_of(account, document) for _ in range(3)]
    under_way = Build.objects.earliest("pk")
    lease = take(Build.objects.all(), under_way.pk)
    assert lease is not None
    work()
    assert not DBTaskResult.objects.ready().exists()
    assert [build.state for build in Build.objects.order_by("pk")] == [
        "working",
        "waiting",
        "waiting",
    ]

    lease.give_back()
    services.rebuild(bases[0])
    build_base.enqueue(under_way.pk)
    work()
    assert [state(base) for base in bases] == ["ready"] * 3, "each is followed by the next"


def test_a_page_that_is_due_is_fetched_once_however_often_that_is_said(
    account: Account, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.add_url(account, url=f"{site}/page.html", sync_freq="daily")
    work()
    fetched: list[str] = []

    def fetch(url: str, most: int) -> Fetched:
        fetched.append(url)
        return Fetched(b"<p>The ferry leaves at ten.", "text/html")

    monkeypatch.setattr(intake, "fetch", fetch)
    Document.objects.update(fetch_at=timezone.now() - timedelta(minutes=1))
    for _ in range(3):  # each process of the server says so every hour
        fetch_again.enqueue()
    work()
    assert len(fetched) == 1


def test_a_page_that_is_longer_than_what_is_left_is_not_kept(
    account: Account, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PARLEY_ACCOUNT_STORAGE_MB = 1
    long = b"The ferry leaves at nine. " * 30_000
    monkeypatch.setattr(intake, "fetch", lambda *_: Fetched(long, "text/plain"))
    for number in range(2):
        services.add_url(account, url=f"https://shop.example/{number}.txt", sync_freq="daily")
    work()
    first, second = Document.objects.order_by("pk")
    assert (first.state, second.state) == (Work.State.READY, Work.State.FAILED)
    assert second.error == ("The account may keep 1 MB: delete files or documents in the console.")
    assert used_bytes(account) == first.kept_bytes < 1_000_000


def test_a_long_rebuild_leaves_pages_to_their_turn(
    account: Account, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = services.add_url(account, url=f"{site}/page.html")
    base = base_of(account, page)
    work()
    Page.text = "The ferry leaves at ten."
    monkeypatch.setattr(building, "PATIENT_S", 0.0)
    services.rebuild(base)
    work()
    assert texts(account, base, "ferry") == ["The ferry leaves at nine."]
    house.keep_house()
    work()
    assert texts(account, base, "ferry") == ["The ferry leaves at ten."]
    page.refresh_from_db()
    assert page.fetch_at is None, "once is enough"


def test_what_killed_readers_leave_is_deleted(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    for name, age_s in (("dead", 3_600), ("busy", 10)):
        folder = tmp_path / "documents" / name
        folder.mkdir(parents=True)
        (folder / "document").write_bytes(b"words")
        at_s = time.time() - age_s
        os.utime(folder, (at_s, at_s))
    take_up.enqueue()
    work()
    assert [path.name for path in (tmp_path / "documents").iterdir()] == ["busy"]


def test_records_of_tasks_are_forgotten_in_every_queue(account: Account) -> None:
    add(account, "care.md", CARE)
    work()
    assert DBTaskResult.objects.filter(queue_name="knowledge").exists()
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=8))
    house.forget_results.enqueue()
    work()
    assert not DBTaskResult.objects.filter(queue_name="knowledge").exists()
