/**
 * The WebSocket of a visit: says hello, keeps the connection alive, and brings it back with
 * growing pauses when it drops. It knows no visit rules beyond that.
 */
import { errorOfClose } from './errors.js';
import { parse } from './wire.js';

/** @typedef {import('./wire.js').ServerMessage} ServerMessage */
/** @typedef {import('./wire.js').ClientMessage} ClientMessage */

const OPEN_WITHIN_MS = 8_000;
const WELCOME_WITHIN_MS = 10_000;
const PING_EVERY_MS = 10_000;
/** Counted from a ping: a hidden page's timers may come once a minute, and that is no outage. */
const UNANSWERED_FOR_MS = 15_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
const GIVE_UP_AFTER_MS = 60_000;
const GIVE_UP_FIRST_AFTER_MS = 20_000;
const ENDED = 4000;
const TAKEN_OVER = 4409;

/**
 * @param {number} attempt from 0
 * @param {number} random in [0, 1)
 * @returns {number} 0.5 s doubling to 8 s, plus up to half of it so that a crowd does not return at once
 */
export function pauseMs(attempt, random) {
  const base = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  return base * (1 + random / 2);
}

/**
 * @typedef {object} SignallingOptions
 * @property {() => string} address of the socket, asked before every attempt
 * @property {() => import('./wire.js').Hello} hello asked before every attempt
 * @property {(message: ServerMessage) => void} onMessage
 * @property {() => void} onLost once for every outage
 * @property {(code: string) => void} onFailed it gave up, or the server refused for good
 */

export class Signalling {
  /** @type {WebSocket|null} */
  #socket = null;
  #welcomed = false;
  #everWelcomed = false;
  #closed = false;
  #attempt = 0;
  /** @type {number|null} */
  #outageSinceMs = null;
  /** @type {number|null} when the server was asked for a sign of life that has not come yet */
  #askedMs = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #heartbeat;
  #leaving = false;
  #options;
  #online = () => this.#retryNow();

  /** @param {SignallingOptions} options */
  constructor(options) {
    this.#options = options;
  }

  open() {
    this.#outageSinceMs = performance.now();
    globalThis.addEventListener('online', this.#online);
    this.#connect();
  }

  /** Say hello anew, for example in another mode. */
  reopen() {
    this.#drop();
    this.#outageSinceMs = null;
    this.#attempt = 0;
    this.#connect();
  }

  /**
   * @param {ClientMessage} message
   * @returns {boolean} whether it left, which does not mean that it arrives
   */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN || !this.#welcomed) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * The visitor ends the visit: tell the server, however long that takes, and close. Nothing is
   * heard from here any more. A visit that the page cannot name is ended by the server's patience.
   */
  end() {
    if (this.#closed) return;
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type: 'end' }));
      return this.close();
    }
    // Without the token: what is over by then is not to be opened anew.
    const { token: _, ...hello } = this.#options.hello();
    if (hello.resume === undefined) return this.close();
    const address = this.#options.address();
    this.#leaving = true;
    this.#options = {
      address: () => address,
      hello: () => hello,
      onMessage: () => {},
      onLost: () => {},
      onFailed: () => this.close(),
    };
  }

  close() {
    this.#closed = true;
    globalThis.removeEventListener('online', this.#online);
    this.#drop();
  }

  #connect() {
    this.#welcomed = false;
    const socket = new WebSocket(this.#options.address());
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lose(), OPEN_WITHIN_MS);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#lose(), WELCOME_WITHIN_MS);
      socket.send(JSON.stringify(this.#options.hello()));
      if (this.#leaving) this.end();
    };
    socket.onmessage = (event) => this.#receive(parse(event.data));
    socket.onclose = (event) => this.#shut(event.code);
  }

  /** @param {ServerMessage|null} message */
  #receive(message) {
    this.#askedMs = null;
    if (message === null || message.type === 'pong') return;
    if (message.type === 'moved') return this.#lose();
    if (message.type === 'welcome') this.#settle();
    this.#options.onMessage(message);
  }

  #settle() {
    clearTimeout(this.#timer);
    this.#welcomed = true;
    this.#everWelcomed = true;
    this.#attempt = 0;
    this.#outageSinceMs = null;
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(), PING_EVERY_MS);
  }

  #beat() {
    const nowMs = performance.now();
    this.#askedMs ??= nowMs;
    if (nowMs - this.#askedMs > UNANSWERED_FOR_MS) return this.#lose();
    this.#socket?.send(JSON.stringify({ type: 'ping', t: Math.round(nowMs) }));
  }

  /** @param {number} code */
  #shut(code) {
    if (this.#closed) return;
    if (code === ENDED || code === TAKEN_OVER) {
      const reason = code === TAKEN_OVER ? 'taken_over' : 'network';
      this.#options.onMessage({ type: 'state', state: 'ended', reason });
      return this.#leaving ? this.close() : undefined;
    }
    const error = errorOfClose(code);
    if (error === null) return this.#lose();
    this.#options.onFailed(error);
  }

  /** The connection is gone: try again, or give up when that has taken too long. */
  #lose() {
    if (this.#closed) return;
    this.#drop();
    const nowMs = performance.now();
    if (this.#outageSinceMs === null) {
      this.#outageSinceMs = nowMs;
      this.#options.onLost();
    }
    const patienceMs = this.#everWelcomed ? GIVE_UP_AFTER_MS : GIVE_UP_FIRST_AFTER_MS;
    if (nowMs - this.#outageSinceMs >= patienceMs) return this.#options.onFailed('network_lost');
    const leftMs = patienceMs - (nowMs - this.#outageSinceMs);
    const waitMs = Math.min(leftMs, pauseMs(this.#attempt, Math.random()));
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), waitMs);
  }

  #retryNow() {
    if (this.#closed || this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #drop() {
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    this.#askedMs = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
