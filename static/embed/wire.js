/** The messages of the WebSocket, as docs/protocol.md describes them. */

/** @typedef {import('./machine.js').Mode} Mode */
/** @typedef {import('./machine.js').AgentState} AgentState */

/**
 * @typedef {object} Line
 * @property {string} id
 * @property {'user'|'assistant'} role
 * @property {string} text
 * @property {boolean} interrupted
 */

/** @typedef {Line & {type: 'caption', final: boolean, source: string}} Caption */

/**
 * @typedef {object} Welcome
 * @property {'welcome'} type
 * @property {string} sid
 * @property {string} resume
 * @property {Mode} mode
 * @property {boolean} resumed
 * @property {{code: string, name: string, language: string}} agent
 * @property {RTCIceServer[]} ice_servers
 * @property {RTCIceTransportPolicy} ice_transport
 * @property {boolean} hears
 * @property {boolean} speaks
 * @property {string[]} languages empty: any
 * @property {Line[]} transcript
 * @property {number} keep_days
 */

/** @typedef {{type: 'error', code: string, message: string, fatal: boolean, retry_after?: number|null}} ErrorFrame */
/** @typedef {{type: 'warning', code: string, message: string, seconds?: number|null}} Warning */

/**
 * @typedef {Welcome | Caption | ErrorFrame | Warning
 *   | {type: 'answer', sdp: string}
 *   | {type: 'state', state: string, reason?: string|null, message?: string|null}
 *   | {type: 'agent', state: AgentState}
 *   | {type: 'user', speaking: boolean}
 *   | {type: 'pong', t: number}
 *   | {type: 'moved'}} ServerMessage
 */

/**
 * @typedef {object} Hello
 * @property {'hello'} type
 * @property {1} v
 * @property {Mode} mode
 * @property {string} [token]
 * @property {string} [sid]
 * @property {string} [resume]
 * @property {string} [lang]
 * @property {boolean} [greeting]
 * @property {string} [parent] origin of the page around the frame
 */

/**
 * @typedef {{type: 'offer', sdp: string}
 *   | {type: 'candidate', candidate: {candidate: string, sdpMid: string|null, sdpMLineIndex: number|null}|null}
 *   | {type: 'text', text: string, id: string}
 *   | {type: 'interrupt'}
 *   | {type: 'mic', muted: boolean}
 *   | {type: 'media', event: 'first_frame'|'lost'|'blocked', ms?: number}
 *   | {type: 'stay'}
 *   | {type: 'end'}} ClientMessage
 */

const TYPES = new Set([
  'welcome', 'answer', 'state', 'agent', 'user', 'caption', 'warning', 'error', 'pong', 'moved',
]);

/**
 * @param {unknown} data of a WebSocket message event
 * @returns {ServerMessage|null} null: not one of ours
 */
export function parse(data) {
  if (typeof data !== 'string') return null;
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  return TYPES.has(String(value.type)) ? /** @type {ServerMessage} */ (value) : null;
}
