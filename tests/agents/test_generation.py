"""An agent made of a picture, by real builders in processes of their own."""

import errno
import importlib
import json
import wave
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

import avatar
import confined
from agents import building, filming_gestures, generations, own_faces, services, tasks
from agents.errors import AgentInvalid, MarksInvalid, NotMarkable, SourceRefused
from agents.models import Agent, Dynamics, Generation
from agents.services import Wish
from avatar import making
from avatar.photo import build as photo
from confined import Bounds, Report
from embed.posters import poster
from files import services as files
from files.errors import DownloadFailed
from files.models import File
from tests.agents.conftest import EYES, MOUTH, PICTURE, begin, data_url
from tests.avatar.test_photo import Recorded
from tests.factories import make_account, make_agent
from tests.files.samples import PNG
from tests.files.serving import serving
from tokens.models import Account
from voice.offline.flite import Flite
from webhooks import services as webhooks
from webhooks.models import Event

pytestmark = pytest.mark.usefixtures("places")


@pytest.fixture
def account(transactional_db: None, settings: Settings) -> Account:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    account = make_account()
    webhooks.register(
        account=account, url="http://127.0.0.1:9/hook", events=["agent.ready", "agent.failed"]
    )
    return account


def again(agent: Agent) -> Agent:
    return Agent.objects.select_related("account", "face", "poster", "film").get(pk=agent.pk)


def told() -> dict[str, Any]:
    """The body of the only event."""
    body: dict[str, Any] = json.loads(Event.objects.get().body)
    return body


def test_a_marked_picture_becomes_an_agent_that_can_be_met(account: Account) -> None:
    agent = begin(account, code="A91XMB7113", prompt="You are Nora, a kind fox.")
    assert (agent.status, agent.embeddable) == ("processing", False)

    tasks.build_next.func()

    agent = again(agent)
    assert (agent.status, agent.error_message, agent.embeddable) == ("ready", "", True)
    assert (agent.generation.state, agent.generation.progress) == ("done", 1.0)
    assert agent.generation.event == "lip_created"
    assert (agent.name, agent.prompt) == ("Nora", "You are Nora, a kind fox.")
    check_face(agent)
    check_film(agent)
    event = told()
    assert event["event"] == "agent.ready"
    assert event["data"] == {
        "agent_id": "A91XMB7113",
        "code": "A91XMB7113",
        "agent_code": "A91XMB7113",
    }
    check_it_goes(agent)


def check_face(agent: Agent) -> None:
    """It is what a visit loads, and the picture is what the embed shows."""
    face = own_faces.face_of(agent)
    bundle = avatar.load(own_faces.located(face))
    assert (bundle.kind, bundle.width, bundle.height) == ("photo", 512, 512)
    assert bundle.player(1).frame(0.0, None).shape == (768, 512)
    assert agent.poster is not None
    assert poster(face).data == Path(default_storage.path(agent.poster.name)).read_bytes()
    stranger = make_agent(make_account("bob"), avatar=face.key)
    with pytest.raises(avatar.AvatarError):
        own_faces.located(own_faces.face_of(stranger))


def check_film(agent: Agent) -> None:
    """It lasts as long as was asked, moves, and is heard."""
    assert agent.film is not None
    with av.open(default_storage.path(agent.film.name)) as film:
        pictures = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    with av.open(default_storage.path(agent.film.name)) as film:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    assert len(pictures) == 50
    mouth = np.s_[270:330, 200:320]
    moves = [np.abs(each[mouth].astype(int) - pictures[0][mouth]).max() for each in pictures]
    assert max(moves) > 30
    assert np.abs(sound).max() > 0.05


def check_it_goes(agent: Agent) -> None:
    names = list(File.objects.values_list("name", flat=True))
    assert len(names) == 4
    services.delete(agent)
    assert not File.objects.exists()


def spoken(folder: Path) -> Path:
    """A sample of a low voice."""
    said = Flite().synthesise("This is how I speak all day long, to you and to others.", "rms")
    path = folder / "low.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, said.sample_rate, 0, "NONE", ""))
        file.writeframes(said.pcm.tobytes())
    return path


def test_a_voice_sample_is_taken_after(account: Account, tmp_path: Path) -> None:
    agent = begin(account, audio=data_url(spoken(tmp_path), "audio/wav"))
    tasks.build_next.func()
    agent = again(agent)
    assert (agent.status, agent.error_message) == ("ready", "")
    assert agent.providers["tts"]["name"] == "offline"
    assert agent.providers["tts"]["options"]["voice"] in {"rms", "awb"}
    agent.full_clean()


def test_words_alone_become_a_drawn_agent(account: Account) -> None:
    agent = begin(account, image="", prompt="You are Finn, a fox in a red coat.", shape="9:16")
    tasks.build_next.func()
    agent = again(agent)
    assert (agent.status, agent.error_message, agent.name) == ("ready", "", "Finn")
    bundle = avatar.load(own_faces.located(own_faces.face_of(agent)))
    assert (bundle.kind, bundle.width, bundle.height) == ("drawn", 416, 720)


def test_what_was_kept_goes_with_its_agent(account: Account) -> None:
    agent = begin(account)
    name = File.objects.get().name
    assert default_storage.exists(name)
    services.delete(agent)
    assert not default_storage.exists(name)


def test_without_the_tools_a_photo_says_what_the_operator_can_do(account: Account) -> None:
    agent = services.generate(account, Wish(image=data_url(PICTURE, "image/webp")))
    tasks.build_next.func()
    agent = again(agent)
    assert agent.status == "failed"
    assert "make face-tools" in agent.error_message
    assert told()["data"]["error"] == agent.error_message


def in_this_process(
    module: str, request: Mapping[str, Any], bounds: Bounds, report: Report | None = None
) -> confined.Json:
    """The same work, where a test can take the place of the face models."""
    done: confined.Json = importlib.import_module(module).work(request, report)
    return done


def test_a_face_that_is_none_can_be_marked(
    account: Account, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(confined, "run", in_this_process)
    monkeypatch.setattr(making, "_models", lambda request: Path())
    monkeypatch.setattr(photo, "Landmarks", lambda folder: Recorded([], []))
    agent = services.generate(account, Wish(image=data_url(PICTURE, "image/webp")))
    tasks.build_next.func()

    agent = again(agent)
    page = f"http://localhost:8000/console/agents/agent/{agent.pk}/mark/"
    assert agent.status == "failed"
    assert agent.error_message.startswith("No face found")
    assert agent.error_message.endswith(f"Mark them here: {page}")

    services.mark_face(agent.generation, EYES, MOUTH)
    agent = again(agent)
    assert (agent.status, agent.error_message, agent.generation.kind) == ("processing", "", "marks")
    assert generations.claim("me") is not None


@pytest.mark.parametrize(
    ("eyes", "mouth", "told"),
    [
        (EYES[:1], MOUTH, "two eyes"),
        ([EYES[0], (1.2, 0.4, 0.05, 0.05)], MOUTH, "inside the picture"),
        ([EYES[0], EYES[0]], MOUTH, "side by side"),
        ([(0.4, 0.4, 0.0, 0.05), EYES[1]], MOUTH, "too small"),
        (EYES, (0.6, 0.55, 0.42, 0.62), "rectangle"),
        (EYES, (0.4, 0.1, 0.6, 0.2), "below the eyes"),
    ],
)
def test_marks_that_make_no_face_are_refused(
    account: Account, eyes: Any, mouth: Any, told: str
) -> None:
    agent = begin(account)
    Generation.objects.update(state="failed")
    with pytest.raises(MarksInvalid, match=told):
        services.mark_face(agent.generation, eyes, mouth)


def test_what_is_being_made_is_not_marked(account: Account) -> None:
    agent = begin(account)
    with pytest.raises(NotMarkable):
        services.mark_face(agent.generation, EYES, MOUTH)


def test_three_of_an_account_are_made_at_once(account: Account) -> None:
    mine = [begin(account) for _ in range(4)]
    other = begin(make_account("bob"))
    claimed = [generations.claim(f"maker {number}") for number in range(5)]
    assert [each and each.agent_id for each in claimed] == [
        *(agent.pk for agent in mine[:3]),
        other.pk,
        None,
    ]
    assert [again(agent).status for agent in mine] == ["generating"] * 3 + ["processing"]
    assert claimed[0] is not None
    generations.fail(claimed[0], "It cannot be.")
    fourth = generations.claim("maker 5")
    assert fourth is not None
    assert fourth.agent_id == mine[3].pk


def test_what_its_maker_left_is_made_once_more_and_then_failed(account: Account) -> None:
    agent = begin(account)
    old = timezone.now() - timedelta(seconds=31)
    first = generations.claim("first")
    assert first is not None
    assert generations.sweep() == 0
    Generation.objects.update(heartbeat_at=old)
    assert generations.sweep() == 1
    assert again(agent).status == "processing"
    assert not generations.tell(first, 0.5, "too late")
    assert not generations.fail(first, "too late")
    assert generations.claim("second") is not None
    Generation.objects.update(heartbeat_at=old)
    assert generations.sweep() == 1
    assert (again(agent).status, again(agent).error_message) == ("failed", generations.INTERRUPTED)
    assert told()["event"] == "agent.failed"


def test_an_agent_that_is_deleted_meanwhile_leaves_nothing(
    account: Account, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = begin(account)
    finish = generations.finish

    def deleted_first(generation: Generation, made: generations.Made) -> bool:
        services.delete(agent)
        return finish(generation, made)

    monkeypatch.setattr(generations, "finish", deleted_first)
    tasks.build_next.func()
    assert not File.objects.exists()
    assert not Event.objects.exists()
    assert list((places / "builds").iterdir()) == []


def test_an_agent_can_be_met_while_its_face_is_made_again(account: Account) -> None:
    agent = begin(account)
    tasks.build_next.func()
    before = again(agent)
    services.mark_face(before.generation, EYES, MOUTH)

    def stays() -> str:
        now = again(agent)
        assert (now.status, now.error_message, now.embeddable) == ("ready", "", True)
        assert (now.face, now.poster, now.film) == (before.face, before.poster, before.film)
        return now.generation.state

    assert stays() == "queued"
    claimed = generations.claim("me")
    assert claimed is not None
    assert stays() == "running"
    assert generations.put_back("me") == 1
    claimed = generations.claim("me")
    assert claimed is not None
    assert generations.fail(claimed, "It cannot be.")
    assert stays() == "failed"
    assert again(agent).generation.error_message == "It cannot be."
    assert told()["event"] == "agent.ready", "the first one's; nothing has become of this"

    services.mark_face(again(agent).generation, EYES, MOUTH)
    tasks.build_next.func()
    after = again(agent)
    assert (after.status, after.generation.state) == ("ready", "done")
    assert after.generation.error_message == ""
    assert after.face != before.face
    assert File.objects.count() == 4, "the former face is gone"


def test_a_voice_that_the_owner_chose_meanwhile_stays(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = begin(account, audio=data_url(spoken(tmp_path), "audio/wav"))
    chosen = {"tts": {"name": "offline", "options": {"voice": "slt"}}}
    run = confined.run

    def chosen_first(module: str, *rest: Any) -> confined.Json:
        if module == "agents.listening":
            Agent.objects.filter(pk=agent.pk).update(providers=chosen)
        return run(module, *rest)

    monkeypatch.setattr(confined, "run", chosen_first)
    tasks.build_next.func()
    assert (again(agent).status, again(agent).providers) == ("ready", chosen)

    Agent.objects.update(providers={})
    services.mark_face(agent.generation, EYES, MOUTH)
    tasks.build_next.func()
    assert (again(agent).status, again(agent).providers) == ("ready", {}), "its owner took it away"


def test_nothing_stays_of_what_could_not_be_kept(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = begin(account)
    sent = File.objects.get()

    def lost(*_: object) -> bool:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(generations, "finish", lost)
    tasks.build_next.func()
    assert (again(agent).status, again(agent).error_message) == ("failed", building.BROKEN)
    assert File.objects.get() == sent
    _, stored = default_storage.listdir("assets/models")
    assert stored == []


def test_what_the_machine_lacks_is_not_told_as_a_fault_of_the_picture(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> confined.Json:
        raise OSError(errno.ENOSPC, "No space left on device")

    run = confined.run
    monkeypatch.setattr(confined, "run", full)
    agent = begin(account)
    tasks.build_next.func()
    assert again(agent).error_message == building.BROKEN
    assert "a generation failed" in caplog.text

    monkeypatch.setattr(confined, "run", run)
    lost = begin(account)
    assert lost.generation.image is not None
    files.path_of(lost.generation.image).unlink()
    tasks.build_next.func()
    assert again(lost).error_message == building.GONE


def test_the_addresses_of_one_wish_share_their_time(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SOURCES_WITHIN_S", 0.5)
    with serving() as origin:
        slow = origin.url("/face.png", PNG, drips=True)
        with pytest.raises(SourceRefused) as refused:
            services.generate(account, Wish(image=slow))
    assert refused.value.field == "image"
    assert isinstance(refused.value.__cause__, DownloadFailed)
    with serving() as origin:
        quick = origin.url("/voice.mp3", b"ID3")
        monkeypatch.setattr(services, "SOURCES_WITHIN_S", 0.0)
        with pytest.raises(SourceRefused) as refused:
            services.generate(account, Wish(image=data_url(PICTURE, "image/webp"), audio=quick))
        assert (refused.value.field, origin.asked) == ("audio", [])
    assert not File.objects.exists()


@pytest.mark.parametrize("code", ["generate", "a b", "A-taken"])
def test_a_code_that_cannot_be_is_refused_before_anything_is_fetched(
    account: Account, code: str
) -> None:
    make_agent(account, code="A-taken")
    with pytest.raises(AgentInvalid, match="code"):
        services.generate(account, Wish(code=code, image="https://shop.example/never-asked.png"))


def test_who_has_many_queued_keeps_nobody_else_waiting(db: None) -> None:
    many, one = make_account("many"), make_account("one")
    for account, count in ((many, 103), (one, 1)):
        for number in range(count):
            agent = make_agent(account, code=f"{account.username}{number}")
            Generation.objects.create(agent=agent)
    claimed = [generations.claim(f"maker {number}") for number in range(4)]
    owners = [row.agent.account.username for row in claimed if row is not None]
    assert owners == ["many", "many", "many", "one"]


def test_two_makers_of_one_film_work_in_places_of_their_own(places: Path, db: None) -> None:
    row = Dynamics(pk=7, owner="first")
    with filming_gestures.PLACES.of(row):
        taken_over = Dynamics(pk=7, owner="second")
        second = filming_gestures.PLACES.of(taken_over)
        place = second.__enter__()
    assert place.is_dir(), "the first one cleared only its own away"
    filming_gestures.PLACES.tidy()
    assert not place.exists(), "nobody runs that owner's"
