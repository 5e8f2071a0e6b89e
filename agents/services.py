"""Making, changing and deleting agents, and what they know."""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from agents import demo, generations, selectors, tasks
from agents.errors import AgentInvalid, MarksInvalid, NoSuchReadyAgent, NotMarkable, SourceRefused
from agents.models import Agent, Generation
from agents.ready import READY, ReadyAgent
from agents.words import by_rule
from files import services as files
from files.errors import FilesError
from files.models import Category, File
from knowledge import selectors as knowledge
from tokens import limits
from tokens.models import Account

SOURCES_WITHIN_S = 100.0
"""For all addresses of one wish together; the server gives up on its caller after 120."""
LIKENESSES = {"image": Category.IMAGE, "video": Category.VIDEO, "audio": Category.AUDIO}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request; the extension of `name` says its type."""

    content: BinaryIO
    name: str


Source = str | Iterable[str] | Upload
"""An address, a data: address or base64, a long one in pieces; or a file."""
OUTSIDE = "Mark two eyes and the mouth inside the picture."
Marked = tuple[float, float, float, float]


@transaction.atomic
def create_demo_agent(account: Account) -> Agent:
    """A shop assistant that can be talked to at once, with nothing plugged in."""
    agent = Agent(
        account=account,
        name=demo.NAME,
        greeting=demo.GREETING,
        prompt=demo.PROMPT,
        knowledge=demo.KNOWLEDGE,
    )
    agent.full_clean()
    agent.save()
    return agent


@transaction.atomic
def create_ready_agent(account: Account, name: str) -> Agent:
    """One of the catalogue of ready agents, whose words its owner then makes their own.

    Raises:
        NoSuchReadyAgent: the catalogue has none of that name.
    """
    ready = READY.get(name)
    if ready is None:
        raise NoSuchReadyAgent(name)
    agent = Agent(
        account=account,
        name=ready.name,
        greeting=ready.greeting,
        prompt=ready.prompt,
        knowledge=ready.knowledge,
        voice=ready.voice,
        avatar=ready.face,
        providers=_speech_of(ready),
    )
    agent.full_clean()
    agent.save()
    return agent


def _speech_of(ready: ReadyAgent) -> dict[str, object]:
    """Pitch and tempo, where the operator's default voices are those that know them."""
    if settings.PARLEY.providers.tts != "offline":
        return {}
    options = {"pitch": ready.pitch, "tempo": ready.tempo}
    changed = {name: value for name, value in options.items() if value != 1.0}
    return {"tts": {"options": changed}} if changed else {}


def change(agent: Agent, fields: Mapping[str, Any]) -> None:
    """Give `agent` the model's `fields`; what else has changed since it was read stays so.

    Visits that go on keep what they began with.

    Raises:
        AgentInvalid: naming the first field that cannot be; nothing is changed.
    """
    for name, value in fields.items():
        setattr(agent, name, value)
    others = {field.name for field in Agent._meta.get_fields()} - fields.keys()
    try:
        agent.full_clean(exclude=others)
    except ValidationError as error:
        raise invalid(error) from error
    agent.save(update_fields=[*fields, "updated_at"])


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent shall be made from, its likenesses from wherever a `Source` may be."""

    prompt: str = ""
    image: Source = ""
    video: Source = ""
    audio: Source = ""
    shape: str = Generation.Shape.WIDE
    code: str = ""
    film_s: float = 10.0


def generate(account: Account, wish: Wish) -> Agent:
    """An agent that is being made from now on; the best likeness counts: video, image, prompt.

    Raises:
        AgentInvalid: its code is taken, or none.
        tokens.errors.BalanceSpent: the account has no minutes left.
        tokens.errors.RateLimited: it has made enough agents today.
        SourceRefused: a likeness or a voice cannot be taken.
    """
    if wish.code:
        _check_code(wish.code)
    limits.check_balance(account)
    kept: dict[str, File] = {}
    ends_s = time.monotonic() + SOURCES_WITHIN_S
    try:
        for name, category in LIKENESSES.items():
            if source := getattr(wish, name):
                kept[name] = _accepted(account, name, source, category, ends_s)
        limits.count_generation(account)
        return _begin(account, wish, kept)
    except BaseException:
        for file in kept.values():
            files.delete(file)
        raise


def _accepted(
    account: Account, name: str, source: Source, category: Category, ends_s: float
) -> File:
    try:
        if isinstance(source, Upload):
            return files.store(account, source.content, source.name, category=category)
        within_s = ends_s - time.monotonic()
        return files.accept(account, source, category=category, within_s=within_s)
    except FilesError as error:
        raise SourceRefused(name, str(error)) from error


@transaction.atomic
def _begin(account: Account, wish: Wish, kept: Mapping[str, File]) -> Agent:
    seed = secrets.randbelow(1 << 31)
    words = by_rule(wish.prompt, seed)
    agent = Agent(
        account=account,
        name=words.name,
        greeting=words.greeting,
        prompt=words.prompt,
        status=Agent.Status.PROCESSING,
    )
    if wish.code:
        agent.code = wish.code
    try:
        agent.full_clean()
    except ValidationError as error:
        raise invalid(error) from error
    try:
        with transaction.atomic():
            agent.save()
    except IntegrityError as error:
        raise AgentInvalid("code", f"“{agent.code}” is taken. Choose another code.") from error
    Generation.objects.create(
        agent=agent, prompt=wish.prompt, shape=wish.shape, film_s=wish.film_s, seed=seed, **kept
    )
    tasks.build_next.enqueue()
    return agent


def _check_code(code: str) -> None:
    """Say at once, before anything is fetched, what would be said in the end."""
    try:
        Agent(code=code).clean_fields(exclude={each.name for each in Agent._meta.fields} - {"code"})
    except ValidationError as error:
        raise invalid(error) from error
    if Agent.objects.filter(code=code).exists():
        raise AgentInvalid("code", f"“{code}” is taken. Choose another code.")


@transaction.atomic
def mark_face(generation: Generation, eyes: Sequence[Marked], mouth: Marked) -> None:
    """Make the agent again from its image, with its eyes and its mouth where they are marked.

    `eyes` are two ellipses (x, y, radius x, radius y), `mouth` is a rectangle (x0, y0, x1, y1);
    all in shares of the picture's width and height.

    Raises:
        MarksInvalid: they make no face.
        NotMarkable: there is no picture to mark, or the agent is being made.
    """
    check_marks(eyes, mouth)
    row = Generation.objects.select_for_update(no_key=True).get(pk=generation.pk)
    if not row.markable:
        raise NotMarkable(generation.agent.code)
    row.marks = {"eyes": [list(eye) for eye in eyes], "mouth": list(mouth)}
    row.save(update_fields=["marks"])
    generations.queue(row)
    tasks.build_next.enqueue()


def check_marks(eyes: Sequence[Marked], mouth: Marked) -> None:
    """Raise MarksInvalid where eyes and mouth make no face."""
    values = [*mouth, *(value for eye in eyes for value in eye)]
    if len(eyes) != 2 or not all(0.0 <= value <= 1.0 for value in values):
        raise MarksInvalid(OUTSIDE)
    left, right = sorted(eyes)
    if min(*left[2:], *right[2:]) <= 0.002:
        raise MarksInvalid("An eye is too small: draw it as large as the eye is.")
    if mouth[0] >= mouth[2] or mouth[1] >= mouth[3]:
        raise MarksInvalid("The mouth must be a rectangle around the lips.")
    if right[0] - left[0] < left[2] + right[2]:
        raise MarksInvalid("The eyes must lie side by side.")
    if mouth[3] <= max(left[1], right[1]):
        raise MarksInvalid("The mouth must lie below the eyes.")


def close(agent: Agent) -> None:
    """Let nobody in any more."""
    Agent.objects.filter(pk=agent.pk).update(enabled=False)


@transaction.atomic
def delete(agent: Agent) -> None:
    """Forget it with everything that hangs on it, files included."""
    row = selectors.with_files(agent.pk)
    if row is None:
        return
    kept = selectors.files_of(row)
    row.delete()
    for file in kept:
        files.delete(file)


def invalid(error: ValidationError) -> AgentInvalid:
    """The first thing that is wrong."""
    name, [reason, *_] = next(iter(error.message_dict.items()))
    return AgentInvalid(name, reason)


@transaction.atomic
def attach_knowledge(agent: Agent, ids: Sequence[str]) -> None:
    """Let the agent look up the knowledge bases with those ids, and no others.

    A visit that goes on keeps those that it began with.

    Raises:
        knowledge.errors.BaseNotFound: the agent's account has none of one of the ids.
    """
    agent.knowledge_bases.set(knowledge.bases_of(agent.account, ids))
