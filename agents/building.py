"""One generation made, from its first word to its film; called by the builders' tasks."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

import confined
from agents import generations, words
from agents.bounds import FILMING, LISTENING, MAKING
from agents.generations import Made
from agents.heartbeat import Heartbeat, Lost
from agents.models import Agent, Generation
from agents.workplaces import Workplaces
from confined import Bounds, Broken, Exhausted, Refused
from files import services as files
from files.models import Category, File

logger = logging.getLogger(__name__)

PLACES = Workplaces("builds", generations.QUEUE)

OFFLINE = "offline"
TOLD_EVERY_S = 0.5
ASKED_WITHIN_S = 20.0
EXHAUSTED = "{what} takes too much time or memory. Give a smaller or a shorter file."
GONE = "What it is made from cannot be read any more. Send it again."
BROKEN = "Making it failed in a way that nobody foresaw. Its operator finds more in the log."


class Failed(Exception):
    """It cannot be made; the message is made for people."""


class Teller(Heartbeat):
    """Tells how far a generation is, and keeps it alive meanwhile."""

    def __init__(self, generation: Generation) -> None:
        super().__init__(generations.QUEUE, generation)
        self._generation = generation
        self._told_s = 0.0

    def __enter__(self) -> "Teller":
        super().__enter__()
        return self

    def stage(self, first: float, last: float) -> Callable[[float, str], None]:
        """A report of a part of the work, which takes it from `first` to `last`."""

        def report(share: float, step: str) -> None:
            self.progressed(first + (last - first) * min(max(share, 0.0), 1.0), step)

        return report

    def progressed(self, progress: float, step: str, event: str = "") -> None:
        """Write down how far it is, twice a second at most, but each event at once."""
        self.check()
        if event or time.monotonic() - self._told_s >= TOLD_EVERY_S:
            self._told_s = time.monotonic()
            self.tell(lambda: generations.tell(self._generation, progress, step, event))


def build(generation: Generation) -> None:
    """Make it; in the end it is done or failed, or somebody else's."""
    with PLACES.of(generation) as folder, Teller(generation) as teller:
        try:
            _build(generation, folder, teller)
        except Lost:
            logger.info("a generation was given up", extra={"generation": generation.uid})
        except Failed as failure:
            generations.fail(generation, str(failure))
        except Exception:
            # Whatever happens, it must not stay in the making for ever.
            logger.exception("a generation failed", extra={"generation": generation.uid})
            generations.fail(generation, BROKEN)


def _build(generation: Generation, folder: Path, teller: Teller) -> None:
    teller.progressed(0.01, "writing its words")
    _write_words(generation)
    _hear_sample(generation, folder, teller)
    teller.progressed(0.05, "looking at what it is made from", "text_created")
    face = folder / "face.avatar"
    poster = _make_face(generation, face, teller)
    teller.progressed(0.75, "filming it", "face_created")
    film = folder / "film.mp4"
    _make_film(generation, face, film, teller)
    teller.progressed(0.97, "keeping it", "video_created")
    _keep(generation, face, poster, film)


def _write_words(generation: Generation) -> None:
    """Let a language model, where there is one, write what still stands as the rule wrote it."""
    voice = settings.PARLEY_VOICE
    if voice.default_provider("llm") == OFFLINE:
        return
    from voice import asking  # it loads the whole engine

    rule = words.by_rule(generation.prompt, generation.seed)
    question = words.question(generation.prompt)
    try:
        answer = asking.ask(voice, words.ASKED, question, within_s=ASKED_WITHIN_S)
    except asking.AnswerMissing:
        logger.warning("the language model wrote no words for an agent, a rule did")
        return
    written = words.read(answer, rule, prompted=bool(generation.prompt.strip()))
    for field in ("name", "greeting", "prompt"):
        untouched = Agent.objects.filter(pk=generation.agent_id, **{field: getattr(rule, field)})
        untouched.update(**{field: getattr(written, field)})
    generation.agent.refresh_from_db()


def _hear_sample(generation: Generation, folder: Path, teller: Teller) -> None:
    """Let the agent speak as near to the voice sample as its provider can."""
    if generation.audio is None or generation.agent.face_id or _has_voice(generation.agent):
        return
    path = _at_hand(generation.audio, folder / "sample")
    report = teller.stage(0.01, 0.05)
    heard = _run("agents.listening", {"source": str(path)}, LISTENING, report)
    if settings.PARLEY_VOICE.default_provider("tts") == OFFLINE:
        # other services offer their own voices, and no way to shape them
        _take_voice(generation.agent, heard["options"])


@transaction.atomic
def _take_voice(agent: Agent, options: dict[str, Any]) -> None:
    """Give it that voice, unless its owner has chosen one while the sample was heard."""
    now = Agent.objects.select_for_update(no_key=True).filter(pk=agent.pk).first()
    if now is None:
        raise Lost
    if not _has_voice(now):
        now.providers = {**now.providers, "tts": {"name": OFFLINE, "options": options}}
        now.save(update_fields=["providers"])
    agent.providers = now.providers


def _has_voice(agent: Agent) -> bool:
    return "tts" in agent.providers


def _make_face(generation: Generation, out: Path, teller: Teller) -> Path:
    """Build the .avatar file; its poster."""
    request: dict[str, Any] = {
        "kind": generation.kind,
        # the name that a rule gave it says something of its look as well
        "prompt": f"{generation.prompt}. {generation.agent.name}",
        "seed": generation.seed,
        "size": generation.size,
        "models": str(settings.DATA_DIR / "models" / "face"),
        "out": str(out),
        **(generation.marks or {}),
    }
    source = generation.video or generation.image
    if source is None:
        answer = _run("avatar.making", request, MAKING, teller.stage(0.05, 0.75))
    else:
        name = out.with_name("clip" if generation.video else "picture")
        request["source"] = str(_at_hand(source, name))
        answer = _run("avatar.making", request, MAKING, teller.stage(0.05, 0.75))
    if "unrecognised" in answer:
        raise Failed(f"{_sentence(answer['unrecognised'])} Mark them here: {mark_url(generation)}")
    return Path(answer["poster"])


def _make_film(generation: Generation, face: Path, out: Path, teller: Teller) -> None:
    agent = generation.agent
    request = {
        "bundle": str(face),
        "text": agent.greeting,
        **_offline_voice(agent),
        "language": agent.language,
        "seconds": generation.film_s,
        "seed": generation.seed,
        "out": str(out),
    }
    _run("agents.filming", request, FILMING, teller.stage(0.75, 0.97))


def _offline_voice(agent: Agent) -> dict[str, Any]:
    """What the agent's options say of the offline voice."""
    chosen = agent.providers.get("tts")
    own = chosen.get("options", {}) if isinstance(chosen, dict) else {}
    return {
        "voice": str(own.get("voice") or agent.voice),
        "pitch": own.get("pitch") or 1.0,
        "tempo": own.get("tempo") or 1.0,
    }


def _keep(generation: Generation, face: Path, poster: Path, film: Path) -> None:
    """Keep what was made in the place of what was there before, or nothing of it."""
    agent = generation.agent
    kept: list[File] = []
    try:
        for path, category in (
            (face, Category.MODELS),
            (poster, Category.IMAGE),
            (film, Category.VIDEO),
        ):
            kept.append(files.keep(agent.account, path, category=category))
        if not generations.finish(generation, Made(*kept)):
            raise Lost
    except BaseException:
        for file in kept:
            files.delete(file)
        raise
    for before in (agent.face, agent.poster, agent.film):
        if before is not None:
            files.delete(before)


def _run(
    module: str, request: dict[str, Any], bounds: Bounds, report: Callable[[float, str], None]
) -> dict[str, Any]:
    try:
        return confined.run(module, request, bounds, report)
    except Refused as refusal:
        raise Failed(_sentence(str(refusal))) from refusal
    except Exhausted as error:
        raise Failed(EXHAUSTED.format(what="Making it")) from error
    except Broken as error:
        logger.error("a builder broke", extra={"work": module, "where": str(error)})
        raise Failed(BROKEN) from error


def _at_hand(file: File, name: Path) -> Path:
    """The file under a name that may stand in a message."""
    found = files.path_of(file)
    if not found.is_file():
        raise Failed(GONE)
    path = name.with_suffix(found.suffix)
    path.symlink_to(found)
    return path


def mark_url(generation: Generation) -> str:
    """Where its owner marks the face in its image."""
    page = f"/console/agents/agent/{generation.agent_id}/mark/"
    return f"{settings.PARLEY_PUBLIC_URL}{page}"


def _sentence(text: str) -> str:
    """A builder's words as one that begins large and ends with a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
