/** Opening the microphone, keeping it, and saying exactly why it cannot be opened. */

/**
 * @typedef {'mic_denied'|'mic_blocked_by_policy'|'mic_not_found'|'mic_busy'|'mic_sandboxed'
 *   |'insecure_context'|'webrtc_missing'} MicFault
 */

export class MicrophoneError extends Error {
  /** @param {MicFault} code @param {string} cause name of the browser's error */
  constructor(code, cause) {
    super(`${code} (${cause})`);
    this.code = code;
  }
}

/**
 * @typedef {object} Circumstances
 * @property {string} name of the browser's error
 * @property {boolean|null} allowed by the permissions policy; null where it cannot be asked
 * @property {PermissionState|null} permission
 * @property {boolean} framed
 * @property {number} elapsedMs from asking to the refusal
 */

/** A refusal this quick was nobody's answer to a question. */
const UNASKED_MS = 50;

/**
 * @param {Circumstances} facts
 * @returns {MicFault}
 */
export function diagnose({ name, allowed, permission, framed, elapsedMs }) {
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'mic_not_found';
  if (name === 'NotReadableError' || name === 'AbortError') return 'mic_busy';
  if (name === 'SecurityError') return 'mic_sandboxed';
  if (allowed === false) return 'mic_blocked_by_policy';
  if (allowed === true || !framed) return 'mic_denied';
  // This browser does not tell its policy. Only a policy refuses at once what was never denied.
  return permission !== 'denied' && elapsedMs < UNASKED_MS ? 'mic_blocked_by_policy' : 'mic_denied';
}

/**
 * Ask for the microphone and for nothing else.
 * @returns {Promise<MediaStream>}
 * @throws {MicrophoneError}
 */
export async function openMicrophone() {
  if (!globalThis.isSecureContext) throw new MicrophoneError('insecure_context', 'insecure');
  if (!('RTCPeerConnection' in globalThis) || navigator.mediaDevices === undefined) {
    throw new MicrophoneError('webrtc_missing', 'unsupported');
  }
  const askedMs = performance.now();
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      video: false,
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : 'unknown';
    const elapsedMs = performance.now() - askedMs;
    const permission = await microphonePermission();
    const framed = window.parent !== window;
    const code = diagnose({ name, allowed: policyAllows(), permission, framed, elapsedMs });
    throw new MicrophoneError(code, name);
  }
}

/** The microphone of a visit: survives an unplugged device as soon as there is another one. */
export class Microphone {
  /** @type {MediaStream|null} */
  #stream = null;
  #muted = false;
  /** Counts streams, so that one that was still awaited finds itself outdated. */
  #generation = 0;
  #onTrack;
  #onUnplugged;
  #replace = () => void this.#reopen();

  /**
   * @param {(track: MediaStreamTrack) => void} onTrack another device took over
   * @param {() => void} onUnplugged no device is left
   */
  constructor(onTrack, onUnplugged) {
    this.#onTrack = onTrack;
    this.#onUnplugged = onUnplugged;
  }

  /** @returns {MediaStreamTrack|null} */
  get track() {
    return this.#stream?.getAudioTracks()[0] ?? null;
  }

  get muted() {
    return this.#muted;
  }

  /** @param {MediaStream} stream */
  take(stream) {
    this.#release();
    this.#stream = stream;
    this.mute(this.#muted);
    this.track?.addEventListener('ended', this.#replace);
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.#muted = muted;
    if (this.track !== null) this.track.enabled = !muted;
  }

  close() {
    this.#release();
    this.#muted = false;
  }

  #release() {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#replace);
    this.track?.removeEventListener('ended', this.#replace);
    if (this.#stream !== null) stop(this.#stream);
    this.#stream = null;
    this.#generation += 1;
  }

  async #reopen() {
    this.#release();
    const generation = this.#generation;
    try {
      const stream = await openMicrophone();
      if (generation !== this.#generation) return stop(stream);
      this.take(stream);
      if (this.track !== null) this.#onTrack(this.track);
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      if (generation !== this.#generation) return;
      this.#onUnplugged();
      navigator.mediaDevices?.addEventListener('devicechange', this.#replace);
    }
  }
}

/** @param {MediaStream} stream */
export function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** @returns {Promise<PermissionState|null>} null where the browser does not tell */
export async function microphonePermission() {
  try {
    const name = /** @type {PermissionName} */ ('microphone');
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return null;
  }
}

/** @returns {boolean|null} */
function policyAllows() {
  const page = /** @type {{featurePolicy?: {allowsFeature(name: string): boolean}}} */ (
    /** @type {unknown} */ (document)
  );
  return page.featurePolicy?.allowsFeature('microphone') ?? null;
}

/** @returns {string|null} origin of the page around the frame, where the browser tells */
export function parentOrigin() {
  if (window.parent === window) return null;
  const ancestors = globalThis.location.ancestorOrigins;
  const origin = ancestors?.[0] ?? originOf(document.referrer);
  return origin === 'null' ? null : origin;
}

/** @returns {string|null} host of the page in the address bar, where the browser tells */
export function topSite() {
  if (window.parent === window) return globalThis.location.hostname;
  const ancestors = globalThis.location.ancestorOrigins;
  const origin = ancestors?.[ancestors.length - 1] ?? originOf(document.referrer);
  return origin === null || origin === 'null' ? null : new URL(origin).hostname;
}

/** @param {string} address @returns {string|null} */
function originOf(address) {
  try {
    return new URL(address).origin;
  } catch {
    return null; // empty: the page around withholds its address
  }
}
