import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.serving import preparation
from config.serving.endpoints import CannotListen, descriptions, usable
from config.serving.preparation import FirstStart
from config.serving.progress import Progress
from config.serving.remarks import remarks
from voice.errors import VoiceError

# A thread that computes gives the loop its turn back ten times sooner than by default.
SWITCH_INTERVAL_S = 0.0005


class Command(BaseCommand):
    help = "Prepares what is missing, then serves pages, API, visits and background tasks."
    requires_system_checks: list[str] = []  # `check` is for developers; a start is to be fast

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        os.umask(0o077)  # transcripts and keys are nobody else's
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        server = settings.PARLEY.server
        progress = Progress()
        progress.title("Parley")
        for line in remarks(settings.PARLEY, os.environ):
            progress.note(line)
        try:
            hosts = usable(server.hosts, server.port)
        except CannotListen as error:
            raise CommandError(str(error)) from error
        first = _prepare(progress)
        if not _serve(descriptions(hosts, server.port), progress, first):
            raise CommandError(f"Nothing could listen on port {server.port}.")
        progress.done("Stopped")


def _prepare(progress: Progress) -> FirstStart | None:
    with preparation.alone(settings.DATA_DIR), preparation.alone_in_database():
        applied = preparation.migrate()
        progress.done(f"Database ready{f', {applied} migrations applied' if applied else ''}")
        if not settings.DEBUG:
            changed = preparation.collect_static(settings.STATIC_ROOT)
            progress.done(f"Static files {'collected' if changed else 'unchanged'}")
        first = preparation.first_start()
    if first is not None:
        progress.done("Account, API secret and demo agent made")
    return first


def _serve(endpoints: list[str], progress: Progress, first: FirstStart | None) -> bool:
    # They load the engine and install Twisted's reactor, which nothing above may need.
    from config.composition import build
    from config.serving.service import Service

    try:
        composition = build(settings.PARLEY)
    except VoiceError as error:
        raise CommandError(f"PARLEY_PLUGINS_*: {error}") from error
    service = Service(
        composition,
        endpoints,
        manage=settings.BASE_DIR / "manage.py",
        drain_s=settings.PARLEY.server.drain_s,
        on_ready=lambda: _welcome(progress, first, composition.senses()),
        on_stopping=lambda visits: progress.note(_farewell(visits)),
    )
    return service.run()


def _farewell(visits: int) -> str:
    if not visits:
        return "Stopping"
    return (
        f"Stopping: no new visits, {visits} live ones may go on for "
        f"{settings.PARLEY.server.drain_s} s (once more to end them now)"
    )


def _welcome(progress: Progress, first: FirstStart | None, senses: tuple[bool, bool]) -> None:
    url, providers = settings.PARLEY_PUBLIC_URL, settings.PARLEY.providers
    hears, speaks = senses
    hearing = providers.stt if hears else "none, visitors type"
    voice = providers.tts if speaks else "none, answers are shown as text"
    progress.done(f"Hearing: {hearing} · answers: {providers.llm} · voice: {voice}")
    progress.done(f"Serving after {progress.elapsed_s:.1f} s")
    progress.blank()
    if settings.PARLEY_DEMO:
        progress.place("Demo page", f"{url}/demo")
    login = f"{first.username} · {first.password}" if first else ""
    progress.place("Console", f"{url}/console/", login)
    progress.place("API", f"{url}/v1/docs", "" if first else "another secret: make secret")
    progress.blank()
    if first is not None:
        progress.fact("Demo agent", first.agent_code)
        progress.fact("API secret", first.api_secret)
        progress.blank()
        progress.note("Password and secret are shown this once; `make secret` makes another.")
