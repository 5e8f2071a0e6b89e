"""One visit's picture and sound, which outlive the peers that carry them."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor

from avatar import Bundle
from rtc.clock import MediaClock
from rtc.ice import IceConfig
from rtc.messages import IceCandidate
from rtc.microphone import MicrophoneTap
from rtc.peer import Peer, PeerState
from rtc.playout import Playout

logger = logging.getLogger(__name__)


class Media:
    """Holds player, playout and microphone, and one peer at a time over them.

    Visits of equal `bundle` and `seed` share the pictures of a face at rest.

    aiortc cannot restart ICE: after a loss the page offers anew and gets a fresh peer, while
    the conversation goes on where it was. `on_peer` is called when the current peer's state,
    `peer_state`, is another one.
    """

    def __init__(
        self,
        *,
        bundle: Bundle,
        seed: int,
        ice: IceConfig,
        video_kbps: int,
        render_executor: Executor,
        on_peer: Callable[[], None],
    ) -> None:
        self._clock = MediaClock()
        self.player = bundle.player(seed, self._clock.origin_s)
        self.playout = Playout(self.player)
        self.microphone = MicrophoneTap(self._clock)
        self._ice = ice
        self._video_kbps = video_kbps
        self._render_executor = render_executor
        self._on_peer = on_peer
        self._peer: Peer | None = None
        self._past_frames = (0, 0)

    @property
    def connected(self) -> bool:
        return self.peer_state == "connected"

    @property
    def peer_state(self) -> PeerState | None:
        """The current peer's state, None without one."""
        return self._peer.state if self._peer is not None else None

    async def answer(self, sdp: str) -> str:
        """Replace the peer by one for this offer and return the answer.

        Raises:
            rtc.peer.BadOffer: the offer cannot be answered; the former peer stays gone.
        """
        await self.drop_peer()
        peer = Peer(
            clock=self._clock,
            playout=self.playout,
            player=self.player,
            microphone=self.microphone,
            ice=self._ice,
            render_executor=self._render_executor,
            on_state=lambda _: self._peer_moved(peer),
            video_bps=self._video_kbps * 1000,
        )
        self._peer = peer
        return await peer.answer(sdp)

    async def add_candidate(self, candidate: IceCandidate | None) -> None:
        """Hand a trickled candidate (None: the last one) to the current peer, if any."""
        if self._peer is not None:
            fields = candidate.model_dump(by_alias=True) if candidate else None
            await self._peer.add_candidate(fields)

    async def drop_peer(self) -> None:
        """Close the current peer; sound waits in the playout for the next one."""
        peer, self._peer = self._peer, None
        if peer is not None:
            self._past_frames = self._with(peer)
            await peer.close()

    async def aclose(self) -> None:
        """End picture and sound for good."""
        self.microphone.close()
        self.playout.close()
        await asyncio.shield(self.drop_peer())

    @property
    def frames(self) -> tuple[int, int]:
        """Frames due and frames late since the visit began."""
        return self._past_frames if self._peer is None else self._with(self._peer)

    def _with(self, peer: Peer) -> tuple[int, int]:
        due, late = self._past_frames
        return due + peer.punctuality.due, late + peer.punctuality.late

    def _peer_moved(self, peer: Peer) -> None:
        if peer is self._peer:
            self._on_peer()
