"""What a visit is fitted out with: its agent's face, its conversation, its media."""

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import avatar
from agents.own_faces import Face, located
from rtc.library import Library
from rtc.media import Media
from rtc.metrics import VisitMetrics
from rtc.opening import Opening
from rtc.policy import RtcSettings
from rtc.ports import Ports, Senses
from rtc.store import Store
from voice.conversation import Conversation
from voice.events import Event
from voice.ports import Line
from voice.runtime import Runtime
from voice.spec import Caller

DEFAULT_FACE = Face()
FACES_KEPT = 32


class Outfitter:
    """Fits out the visits of one process; faces are loaded once and shared by all of them."""

    def __init__(
        self,
        policy: RtcSettings,
        runtime: Runtime,
        *,
        store: Store,
        metrics: VisitMetrics,
        library: Library,
        render_executor: Executor,
    ) -> None:
        self._policy = policy
        self._runtime = runtime
        self._store = store
        self._metrics = metrics
        self._library = library
        self._render_executor = render_executor
        self._network: avatar.Network | None = None
        self._bundles: OrderedDict[str, avatar.Bundle] = OrderedDict()

    async def face(self, face: Face = DEFAULT_FACE) -> avatar.Bundle:
        """The face, loaded; those that were met last are kept.

        Raises:
            avatar.AvatarError: there is none, or it is broken.
        """
        bundle = self._bundles.get(face.key)
        if bundle is None:
            loop = asyncio.get_running_loop()
            loaded = await loop.run_in_executor(self._render_executor, self._load, face)
            bundle = self._bundles.setdefault(face.key, loaded)
        self._bundles.move_to_end(face.key)
        while len(self._bundles) > FACES_KEPT:
            self._bundles.popitem(last=False)
        return bundle

    def _load(self, face: Face) -> avatar.Bundle:
        """Load a face; all of them hear with one network."""
        if self._network is None:
            self._network = avatar.load_network()
        try:
            return avatar.load(located(face), self._network)
        except OSError as error:
            raise avatar.AvatarError("the face's file cannot be read") from error

    async def ports(self, opening: Opening) -> Ports:
        """What the visit is plugged into.

        Raises:
            avatar.AvatarError: its agent's face cannot be loaded.
            voice.errors.VoiceError: its agent asks for a provider that there is not.
        """
        bundle = await self.face(opening.face)
        spec = opening.spec
        caller = Caller(
            user=opening.visitor if self._policy.raw_user else opening.pseudonym,
            room=opening.room_name,
            sid=opening.sid,
        )

        def media(on_peer: Callable[[], None]) -> Media:
            return Media(
                bundle=bundle,
                seed=zlib.crc32(spec.code.encode()),
                ice=self._policy.ice,
                video_kbps=self._policy.video_kbps,
                render_executor=self._render_executor,
                on_peer=on_peer,
            )

        def conversation(
            media: Media, on_event: Callable[[Event], None], history: Sequence[Line]
        ) -> Conversation:
            return self._runtime.conversation(
                spec,
                microphone=media.microphone,
                loudspeaker=media.playout,
                on_event=self._metrics.observing(on_event),
                caller=caller,
                history=history,
                context=opening.context,
                retriever=self._library.reader(opening.shelf),
                audio=False,
            )

        senses = Senses(
            hears=self._runtime.hears(spec),
            speaks=self._runtime.speaks(spec),
            languages=self._runtime.languages(spec),
        )
        return Ports(self._store, self._policy, senses, media, conversation)
