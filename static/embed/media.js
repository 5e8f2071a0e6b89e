/**
 * Picture and sound of a visit over all its calls: makes the first one, replaces one that has
 * gone silent, and keeps trying in the background where the network lets nothing through.
 */
import { Call } from './call.js';

/** @typedef {import('./machine.js').Media} MediaState */
/** @typedef {import('./wire.js').ClientMessage} ClientMessage */
/** @typedef {import('./wire.js').Welcome} Welcome */

const FIRST_FRAME_WITHIN_MS = 6_000;
const RETRY_FIRST_MS = 2_000;
const RETRY_LONGEST_MS = 30_000;

/**
 * @typedef {object} MediaOptions
 * @property {HTMLVideoElement} video the media element that plays both tracks: only what a media
 *   element plays is known to the browser's echo cancellation
 * @property {(message: ClientMessage) => boolean} send
 * @property {(state: MediaState) => void} onState
 * @property {(stalled: boolean) => void} onStalled
 * @property {() => void} onSoundBlocked the browser plays only without sound before a gesture
 */

export class Media {
  #options;
  /** @type {MediaStreamTrack|null} */
  #microphone = null;
  /** @type {RTCCertificate[]} */
  #certificates = [];
  /** @type {RTCConfiguration} */
  #configuration = {};
  /** @type {Call|null} */
  #call = null;
  /** Calls whose answer is still to come; answers come in the order of the offers. */
  /** @type {Call[]} */
  #unanswered = [];
  /** Whether an answer counted as a former call's since the last offer. */
  #misplaced = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #attempt = 0;
  #suspended = true;
  /** @type {MediaState} */
  #state = 'none';

  /** @param {MediaOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Make the call's certificate before a call is wanted. */
  async warm() {
    if (!('RTCPeerConnection' in globalThis)) return;
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    this.#certificates = [await RTCPeerConnection.generateCertificate(algorithm)];
  }

  /**
   * The server has accepted the visit, for the first time or again: make a call, unless the one
   * from before the socket dropped still brings something.
   * @param {Welcome} welcome
   * @param {MediaStreamTrack|null} microphone
   */
  begin(welcome, microphone) {
    this.#configuration = {
      iceServers: welcome.ice_servers,
      iceTransportPolicy: welcome.ice_transport,
      certificates: this.#certificates,
    };
    this.#microphone = microphone;
    this.#suspended = false;
    this.#unanswered = [];
    this.#attempt = 0;
    if (this.#state === 'live' && this.#call !== null) return;
    if (this.#state !== 'blocked') this.#become('connecting');
    this.#dial();
  }

  /** @param {string} sdp */
  answer(sdp) {
    const call = this.#unanswered.shift();
    if (call === undefined) return;
    if (call !== this.#call) {
      this.#misplaced = true;
      return;
    }
    call.accept(sdp).catch(() => this.#silent(call));
  }

  /** The server could not use the offer. */
  refused() {
    const call = this.#unanswered.shift();
    if (call !== undefined && call === this.#call) this.#block();
  }

  /** The socket is gone: what still flows may flow, but nothing can be negotiated. */
  suspend() {
    this.#suspended = true;
    this.#unanswered = [];
    clearTimeout(this.#timer);
  }

  /** @param {MediaStreamTrack} track */
  async replaceMicrophone(track) {
    this.#microphone = track;
    await this.#call?.replaceMicrophone(track);
  }

  /**
   * Make a call that takes the microphone along, in place of one that only brings.
   * @param {MediaStreamTrack} track
   */
  hear(track) {
    this.#microphone = track;
    this.#dial();
  }

  stop() {
    this.suspend();
    this.#hangUp();
    this.#options.video.srcObject = null;
    this.#state = 'none';
  }

  /** Play without sound, which needs no click. */
  mute() {
    this.#options.video.muted = true;
  }

  /** Play what is there with sound; call it from a click. */
  async unmute() {
    this.#options.video.muted = false;
    await this.#play();
  }

  #dial() {
    this.#hangUp();
    this.#misplaced = false;
    const dialledMs = performance.now();
    const call = new Call({
      configuration: this.#configuration,
      microphone: this.#microphone,
      video: this.#options.video,
      onStream: (stream) => {
        this.#options.video.srcObject = stream;
        void this.#play();
      },
      onOffer: (sdp) => {
        if (this.#options.send({ type: 'offer', sdp })) this.#unanswered.push(call);
      },
      onCandidate: (candidate) => this.#trickle(candidate),
      onFirstFrame: () => this.#live(Math.round(performance.now() - dialledMs)),
      onSilent: () => this.#silent(call),
      onStalled: this.#options.onStalled,
    });
    this.#call = call;
    this.#timer = setTimeout(() => this.#block(), FIRST_FRAME_WITHIN_MS);
    call.start().catch(() => this.#silent(call));
  }

  /** @param {RTCIceCandidate|null} candidate */
  #trickle(candidate) {
    const { send } = this.#options;
    if (candidate === null) return send({ type: 'candidate', candidate: null });
    const { sdpMid, sdpMLineIndex } = candidate;
    const entry = { candidate: candidate.candidate, sdpMid, sdpMLineIndex };
    return send({ type: 'candidate', candidate: entry });
  }

  /** @param {number} ms from the beginning of the call to its first picture */
  #live(ms) {
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#options.send({ type: 'media', event: 'first_frame', ms });
    this.#become('live');
  }

  /** @param {Call} call */
  #silent(call) {
    if (call !== this.#call) return;
    if (this.#state !== 'live') return this.#block();
    this.#hangUp();
    this.#options.send({ type: 'media', event: 'lost' });
    this.#become('lost');
    if (!this.#suspended) this.#dial();
  }

  /** Nothing came through: the visit goes on in writing while further calls are tried. */
  #block() {
    this.#hangUp();
    if (this.#suspended) return;
    // An answer must have been lost, and the count of them is off by one.
    if (this.#misplaced) this.#unanswered = [];
    if (this.#state !== 'blocked') this.#options.send({ type: 'media', event: 'blocked' });
    this.#become('blocked');
    const waitMs = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#dial(), waitMs);
  }

  #hangUp() {
    clearTimeout(this.#timer);
    if (this.#call === null) return;
    this.#call.close();
    this.#call = null;
    this.#options.onStalled(false);
  }

  /** @param {MediaState} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }

  async #play() {
    const video = this.#options.video;
    try {
      await video.play();
    } catch (error) {
      // AbortError: another stream replaced this one before it began.
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      if (video.muted) return;
      video.muted = true;
      this.#options.onSoundBlocked();
      await this.#play();
    }
  }
}
