/** What the server wrote into the page about its agent. */

/**
 * @typedef {object} Config
 * @property {string} code
 * @property {string} name
 * @property {string} language BCP 47
 * @property {number} keepDays 0: transcripts are not kept
 * @property {readonly string[]} languages that it hears and speaks; empty: any
 * @property {string} socket path of the WebSocket
 */

/** @param {HTMLElement} app @returns {Config} */
export function readConfig(app) {
  const data = app.dataset;
  return {
    code: data.code ?? '',
    name: data.name ?? '',
    language: data.language || 'en',
    keepDays: Number(data.keepDays ?? 0),
    languages: (data.languages ?? '').split(' ').filter((tag) => tag !== ''),
    socket: data.socket ?? '',
  };
}

/**
 * @param {Config} config
 * @param {string} [sid] lets a balancer find the process that holds the visit; not a secret
 */
export function socketAddress(config, sid) {
  const address = new URL(config.socket, globalThis.location.origin);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  if (sid !== undefined) address.searchParams.set('sid', sid);
  return address.href;
}

/**
 * @param {readonly string[]} spoken empty: any
 * @param {readonly string[]} wanted
 */
export function speaksOneOf(spoken, wanted) {
  if (spoken.length === 0) return true;
  const primary = (/** @type {string} */ tag) => tag.toLowerCase().split('-')[0];
  const known = new Set(spoken.map(primary));
  return wanted.some((tag) => known.has(primary(tag)));
}
