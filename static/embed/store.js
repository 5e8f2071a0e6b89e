/**
 * What a reload needs to find its visit again. Nothing is written before `permit()` (the visitor's
 * first click); where storage is blocked the memory of the page serves.
 */

/**
 * @typedef {object} StoredVisit
 * @property {string} sid
 * @property {string} resume the secret that reopens the visit
 * @property {'voice'|'text'} mode
 * @property {string} owner digest of whom the token named; '' without a token
 */

export class VisitStore {
  /** @type {StoredVisit|null} */
  #visit = null;
  #permitted = false;
  #key;

  /** @param {string} code the agent's */
  constructor(code) {
    this.#key = `parley.visit.${code}`;
  }

  get permitted() {
    return this.#permitted;
  }

  /** From here on the visit may be kept in the browser. */
  permit() {
    if (this.#permitted) return;
    this.#permitted = true;
    if (this.#visit !== null) this.save(this.#visit);
  }

  /** @returns {StoredVisit|null} */
  load() {
    if (this.#visit !== null) return this.#visit;
    try {
      this.#visit = parse(globalThis.sessionStorage.getItem(this.#key));
      this.#permitted ||= this.#visit !== null; // it was kept after an earlier click
    } catch {
      this.#visit = null; // storage is blocked
    }
    return this.#visit;
  }

  /** @param {StoredVisit} visit */
  save(visit) {
    this.#visit = visit;
    if (!this.#permitted) return;
    try {
      globalThis.sessionStorage.setItem(this.#key, JSON.stringify(visit));
    } catch {
      return; // blocked or full: memory holds it until the page goes
    }
  }

  clear() {
    this.#visit = null;
    try {
      globalThis.sessionStorage.removeItem(this.#key);
    } catch {
      return; // blocked: there is nothing to remove
    }
  }
}

/**
 * @param {string|null} raw
 * @returns {StoredVisit|null}
 */
function parse(raw) {
  if (raw === null) return null;
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(raw);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { sid, resume, mode, owner } = /** @type {Record<string, unknown>} */ (value);
  if (typeof sid !== 'string' || typeof resume !== 'string') return null;
  return {
    sid,
    resume,
    mode: mode === 'text' ? 'text' : 'voice',
    owner: typeof owner === 'string' ? owner : '',
  };
}

/**
 * A short digest of the person a token names, so that a visit is never continued by somebody who
 * signed in afterwards. Not verified here: only the server can.
 * @param {string|null} token
 * @returns {string} '' without a readable token
 */
export function ownerOf(token) {
  const payload = token === null ? undefined : token.split('.')[1];
  if (payload === undefined) return '';
  try {
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims.fingerprint === 'string' ? digest(claims.fingerprint) : '';
  } catch {
    return '';
  }
}

/** @param {string} words FNV-1a over UTF-16 code units, 32 bits as hexadecimal digits */
function digest(words) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < words.length; index += 1) {
    hash = Math.imul(hash ^ words.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}
