/**
 * Every way in which a visit can fail here, told apart: what happened in one sentence, and what
 * the visitor can do. The detail for whoever runs the page goes to the console.
 */
import { isTextKey, text } from './strings.js';

/** @typedef {'retry'|'type'} Action */

/**
 * @typedef {object} Fault
 * @property {string} code
 * @property {string} title
 * @property {string} body
 * @property {string[]} steps numbered steps of the remedy, often none
 * @property {Action[]} actions
 * @property {number|null} waitS seconds after which the page tries again by itself
 */

/** @typedef {{name: string, site: string|null, retryAfterS: number|null, kept: boolean}} Facts */

/** @type {Readonly<Record<string, readonly Action[]>>} */
const ACTIONS = {
  mic_denied: ['retry', 'type'],
  mic_blocked_by_policy: ['type'],
  mic_not_found: ['retry', 'type'],
  mic_busy: ['retry', 'type'],
  mic_sandboxed: ['type'],
  insecure_context: ['type'],
  webrtc_missing: ['type'],
  sandboxed: [],
  network_lost: ['retry'],
  SESSION_LIMIT: ['retry'],
  NO_AVAILABLE_WORKERS: ['retry'],
  RATE_LIMITED: ['retry'],
  quota: ['retry'],
  token_missing: [],
  token_invalid: [],
  token_expired: ['retry'],
  agent_unavailable: ['retry'],
  ended_by_operator: ['retry'],
  session_over: ['retry'],
  shutdown: ['retry'],
  internal: ['retry'],
};

/** Those that pass by themselves, with the seconds to wait where the server names none. */
/** @type {Readonly<Record<string, number>>} */
const PASSING_S = {
  SESSION_LIMIT: 15,
  NO_AVAILABLE_WORKERS: 15,
  RATE_LIMITED: 30,
  shutdown: 10,
};

const LONGEST_WAIT_S = 600;

/**
 * @param {string} code an own code or one of the server's; an unknown one reads as `internal`
 * @param {Facts} facts
 * @returns {Fault}
 */
export function describe(code, facts) {
  const known = Object.hasOwn(ACTIONS, code) ? code : 'internal';
  const values = { name: facts.name, site: facts.site ?? text('error.site') };
  return {
    code,
    title: say(known === 'mic_sandboxed' ? 'sandboxed.title' : `${known}.title`, values),
    body: say(known === 'network_lost' && facts.kept ? 'network_lost.kept' : known, values),
    steps: [1, 2].flatMap((number) => {
      const key = `${known}.step.${number}`;
      return isTextKey(key) ? [text(key, values)] : [];
    }),
    actions: [...(ACTIONS[known] ?? [])],
    waitS: waitS(known, facts.retryAfterS),
  };
}

/**
 * @param {string} code
 * @param {number|null} retryAfterS
 */
function waitS(code, retryAfterS) {
  if (!Object.hasOwn(PASSING_S, code)) return null;
  const seconds = retryAfterS ?? PASSING_S[code] ?? 15;
  return Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil(seconds)));
}

/**
 * @param {string} key
 * @param {Record<string, string>} values
 */
function say(key, values) {
  return text(isTextKey(key) ? key : 'internal', values);
}

/** Close codes of the socket when no error frame came before them. */
/** @type {Readonly<Record<number, string>>} */
const CLOSE_CODES = {
  4400: 'internal',
  4401: 'token_invalid',
  4404: 'agent_unavailable',
  4429: 'RATE_LIMITED',
  4503: 'NO_AVAILABLE_WORKERS',
};

/**
 * @param {number} code of the WebSocket's close event
 * @returns {string|null} null: the connection was merely lost
 */
export function errorOfClose(code) {
  return CLOSE_CODES[code] ?? null;
}

/** Errors after which the visit cannot be continued. */
const FINAL = new Set([
  'agent_unavailable', 'session_over', 'token_missing', 'token_invalid', 'token_expired',
]);

/** @param {string} code */
export function isFinal(code) {
  return FINAL.has(code);
}

/**
 * What a fatal error means for a visit: an end with its reason, the end of an earlier visit that
 * was to be continued, or a failure to be shown with its remedy.
 * @param {string} code
 * @param {boolean} talked whether the visit was live on this page
 * @returns {{ended: string}|'over'|'failed'}
 */
export function verdict(code, talked) {
  if (code === 'taken_over') return { ended: 'taken_over' };
  if (code === 'ended_by_operator') return { ended: 'operator' };
  if (code === 'shutdown' && talked) return { ended: 'shutdown' };
  return code === 'session_over' ? 'over' : 'failed';
}

/**
 * What whoever built the page around the frame has to change; null where it is not theirs.
 * @param {string} code
 * @param {string} origin of this page
 * @returns {string|null}
 */
export function adviceForOwner(code, origin) {
  switch (code) {
    case 'mic_blocked_by_policy':
      return (
        'the page around this frame does not pass the microphone on. Put ' +
        'allow="microphone; autoplay; fullscreen" on the <iframe>, and if that page sends a ' +
        `Permissions-Policy header, let it name this origin: microphone=(self "${origin}").`
      );
    case 'insecure_context':
      return 'the microphone needs https on this page and on every page around it.';
    case 'sandboxed':
    case 'mic_sandboxed':
      return 'the <iframe> needs sandbox="allow-scripts allow-same-origin" at least, or no sandbox.';
    case 'quota':
      return 'the agent has used up its minutes for today (minutes per day, in the console).';
    case 'token_missing':
      return 'this agent admits no anonymous visitors: mint a token and put it in #token=.';
    default:
      return null;
  }
}
