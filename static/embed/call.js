/**
 * One RTCPeerConnection from its offer to its end, and the watch over what arrives in it. A call
 * is never repaired: when it goes silent, `media.js` makes another one.
 */

const WATCH_EVERY_MS = 250;
const SILENT_FOR_MS = 2_000;

/**
 * @typedef {object} CallOptions
 * @property {RTCConfiguration} configuration
 * @property {MediaStreamTrack|null} microphone
 * @property {HTMLVideoElement} video where the picture appears
 * @property {(stream: MediaStream) => void} onStream picture and sound to play
 * @property {(sdp: string) => void} onOffer
 * @property {(candidate: RTCIceCandidate|null) => void} onCandidate
 * @property {() => void} onFirstFrame the first picture is on screen
 * @property {() => void} onSilent nothing has arrived for 2 s, or the connection failed
 * @property {(stalled: boolean) => void} onStalled sound arrives but the picture stands still
 */

export class Call {
  #peer;
  #options;
  #stream = new MediaStream();
  #shown = false;
  #closed = false;
  #stalled = false;
  #packets = new Change();
  #pictures = new Change();
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #watch;

  /** @param {CallOptions} options */
  constructor(options) {
    this.#options = options;
    this.#peer = new RTCPeerConnection(options.configuration);
  }

  async start() {
    const peer = this.#peer;
    peer.ontrack = (event) => this.#show(event.track);
    peer.onicecandidate = ({ candidate }) => {
      if (candidate === null || candidate.candidate !== '') this.#options.onCandidate(candidate);
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'failed') this.#options.onSilent();
    };
    const microphone = this.#options.microphone;
    peer.addTransceiver(microphone ?? 'audio', {
      direction: microphone === null ? 'recvonly' : 'sendrecv',
    });
    preferVp8(peer.addTransceiver('video', { direction: 'recvonly' }));
    await peer.setLocalDescription();
    if (this.#closed) return;
    this.#options.onOffer(peer.localDescription?.sdp ?? '');
    this.#watch = setInterval(() => void this.#look(), WATCH_EVERY_MS);
  }

  /**
   * @param {string} sdp
   * @throws {DOMException} the answer does not fit
   */
  async accept(sdp) {
    if (this.#closed) return;
    await this.#peer.setRemoteDescription({ type: 'answer', sdp });
  }

  /** @param {MediaStreamTrack} track another microphone, in place of the first */
  async replaceMicrophone(track) {
    const sender = this.#peer.getSenders().find((one) => one.track?.kind !== 'video');
    await sender?.replaceTrack(track);
  }

  close() {
    this.#closed = true;
    clearInterval(this.#watch);
    this.#peer.ontrack = this.#peer.onicecandidate = this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }

  /** @param {MediaStreamTrack} track */
  #show(track) {
    this.#stream.addTrack(track);
    const video = this.#options.video;
    if (track.kind !== 'video') return;
    this.#options.onStream(this.#stream);
    if ('requestVideoFrameCallback' in video) {
      video.requestVideoFrameCallback(() => this.#first());
    }
  }

  #first() {
    if (this.#shown || this.#closed) return;
    this.#shown = true;
    this.#packets.touch();
    this.#pictures.touch();
    this.#options.onFirstFrame();
  }

  async #look() {
    const report = await this.#peer.getStats();
    if (this.#closed) return;
    const { packets, pictures } = received(report);
    const packetsSilentMs = this.#packets.sinceMs(packets);
    const picturesStillMs = this.#pictures.sinceMs(pictures);
    // A hidden page gets no frame callbacks, but what is decoded is as good as shown.
    if (!this.#shown && pictures > 0) this.#first();
    if (!this.#shown) return;
    if (packetsSilentMs >= SILENT_FOR_MS) return this.#options.onSilent();
    const stalled = picturesStillMs >= SILENT_FOR_MS && document.visibilityState === 'visible';
    if (stalled === this.#stalled) return;
    this.#stalled = stalled;
    this.#options.onStalled(stalled);
  }
}

/** How long a counter has stood still. */
class Change {
  #value = -1;
  #atMs = performance.now();

  touch() {
    this.#atMs = performance.now();
  }

  /** @param {number} value the counter now */
  sinceMs(value) {
    if (value !== this.#value) {
      this.#value = value;
      this.touch();
    }
    return performance.now() - this.#atMs;
  }
}

/** @param {RTCStatsReport} report */
function received(report) {
  let packets = 0;
  let pictures = 0;
  report.forEach((entry) => {
    if (entry.type !== 'inbound-rtp') return;
    packets += entry.packetsReceived ?? 0;
    if (entry.kind === 'video') pictures += entry.framesDecoded ?? 0;
  });
  return { packets, pictures };
}

/**
 * The server encodes VP8 cheapest, so it is offered first; the others stay.
 * @param {RTCRtpTransceiver} transceiver
 */
function preferVp8(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  if (codecs.length === 0) return;
  const rank = (/** @type {{mimeType: string}} */ { mimeType }) =>
    mimeType.toLowerCase() === 'video/vp8' ? 0 : 1;
  transceiver.setCodecPreferences([...codecs].sort((a, b) => rank(a) - rank(b)));
}
