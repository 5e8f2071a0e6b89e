"""Knowledge in the console: taken in, built, given to an agent, and seen in a transcript."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from knowledge import services
from knowledge.models import Document, KnowledgeBase
from rtc.models import Line
from tests.console.conftest import SignIn, make_visit
from tests.factories import Tenant
from tests.knowledge import papers
from tests.knowledge.working import work
from tokens.models import Account

ADD = "/console/knowledge/document/add/"
HOURS = b"# Hours\nThe workshop opens at seven.\n"


@pytest.fixture
def browser(tenant: Tenant, sign_in: SignIn) -> Client:
    return sign_in(tenant.account)


def upload(browser: Client, name: str, content: bytes, **form: str) -> str:
    """The page that comes of it."""
    form = {"name": "", "url": "", "sync_freq": "none", **form}
    file = SimpleUploadedFile(name, content)
    response = browser.post(ADD, {"file": file, **form}, follow=True)
    return response.content.decode()


def test_a_document_becomes_what_an_agent_looks_up(browser: Client, tenant: Tenant) -> None:
    upload(browser, "hours.md", HOURS)
    work()
    document = Document.objects.get(account=tenant.account)
    page = browser.get(f"/console/knowledge/document/{document.pk}/change/").content.decode()
    for told in ("ready", "5 words", "no knowledge base yet"):
        assert told in page

    form = {"name": "Shop", "description": "", "documents": [document.pk]}
    browser.post("/console/knowledge/knowledgebase/add/", form)
    work()
    base = KnowledgeBase.objects.get(account=tenant.account)
    assert base.live is not None
    page = browser.get("/console/knowledge/knowledgebase/").content.decode()
    assert "ready" in page

    page = browser.get(f"/console/agents/agent/{tenant.agent.pk}/change/").content.decode()
    assert 'name="knowledge_bases"' in page
    form = {
        **{"name": "Mira", "language": "en", "providers": "{}", "keep_transcripts_days": "30"},
        "knowledge_bases": [base.pk],
    }
    response = browser.post(f"/console/agents/agent/{tenant.agent.pk}/change/", form)
    assert response.status_code == 302
    assert list(tenant.agent.knowledge_bases.all()) == [base]

    browser.post(f"/console/knowledge/document/{document.pk}/delete/", {"post": "yes"}, follow=True)
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "form", "told"),
    [
        ("virus.pdf", b"MZ\x90\x00\x03", {}, "It is neither text nor a document."),
        ("hours.md", HOURS, {"url": "https://shop.example/a"}, "Give files or an address."),
    ],
)
def test_what_cannot_be_taken_is_said_on_the_form(
    browser: Client, name: str, content: bytes, form: dict[str, str], told: str
) -> None:
    assert told in upload(browser, name, content, **form)
    assert not Document.objects.exists()


def test_an_address_may_be_given_instead(browser: Client) -> None:
    form = {"name": "", "url": "http://shop.example/a.pdf", "sync_freq": "daily"}
    assert "Must begin with https://" in browser.post(ADD, form).content.decode()
    browser.post(ADD, {**form, "url": "https://shop.example/a.pdf"})
    document = Document.objects.get()
    assert (document.name, document.sync_freq, document.state) == ("a.pdf", "daily", "waiting")

    form = {"name": "Prices", "sync_freq": "none"}
    browser.post(f"/console/knowledge/document/{document.pk}/change/", form)
    document.refresh_from_db()
    assert (document.name, document.sync_freq) == ("Prices", "none")
    assert document.url == "https://shop.example/a.pdf"


def test_why_a_document_failed_is_shown(browser: Client, tenant: Tenant) -> None:
    upload(browser, "scan.pdf", papers.scanned_pdf())
    work()
    assert "it may be a scan" in browser.get("/console/knowledge/document/").content.decode()


def test_a_superuser_cannot_mix_accounts(
    superuser: Account, tenant: Tenant, stranger: Tenant, sign_in: SignIn
) -> None:
    document = services.add_file(tenant.account, file_name="a.txt", content=HOURS)
    form = {
        **{"name": "Mixed", "description": "", "account": stranger.account.pk},
        "documents": [document.pk],
    }
    page = sign_in(superuser).post("/console/knowledge/knowledgebase/add/", form)
    assert "belongs to the same account" in page.content.decode()
    assert not KnowledgeBase.objects.exists()


def test_a_transcript_tells_where_an_answer_is_from(browser: Client, tenant: Tenant) -> None:
    visit = make_visit(tenant.agent, "ses_ada")
    source = {"title": "handbook.pdf", "heading": "Care", "page": 3, "document_id": "kf_1"}
    Line.objects.create(
        session=visit, at=timezone.now(), role="assistant", text="Use vinegar.", sources=[source]
    )
    page = browser.get(f"/console/rtc/session/{visit.pk}/change/").content.decode()
    assert "handbook.pdf, page 3 (Care)" in page


def test_several_documents_come_at_once_or_not_at_all(browser: Client, tenant: Tenant) -> None:
    form = {"name": "", "url": "", "sync_freq": "none"}
    empty = SimpleUploadedFile("empty.txt", b"")
    page = browser.post(ADD, {"file": [SimpleUploadedFile("hours.md", HOURS), empty], **form})
    assert "empty.txt: The submitted file is empty." in page.content.decode()
    assert not Document.objects.exists()

    files = [SimpleUploadedFile(f"{name}.md", HOURS) for name in ("hours", "prices")]
    page = browser.post(ADD, {"file": files, **form, "name": "Both"})
    assert "Several files keep their own names" in page.content.decode()
    for file in files:
        file.seek(0)
    page = browser.post(ADD, {"file": files, **form}, follow=True)
    assert "2 documents were added" in page.content.decode()
    assert set(tenant.account.documents.values_list("name", flat=True)) == {
        "hours.md",
        "prices.md",
    }


def test_what_is_too_much_is_said_and_nothing_of_it_kept(
    browser: Client, settings: Settings
) -> None:
    def sent(content: bytes) -> str:
        files = [SimpleUploadedFile(f"{n}.txt", content) for n in range(2)]
        form = {"file": files, "name": "", "url": "", "sync_freq": "none"}
        return browser.post(ADD, form, follow=True).content.decode()

    settings.PARLEY_ACCOUNT_STORAGE_MB = 1
    assert "The account may keep 1 MB" in sent(b"word " * 120_000)
    assert not Document.objects.exists()

    settings.PARLEY_RATE_UPLOADS = "1/hour"
    assert "too many documents" in sent(HOURS)
    assert not Document.objects.exists()
