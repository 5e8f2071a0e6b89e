/**
 * What a reload needs to find its visit again. Nothing is written before `permit()` (the visitor's
 * first click); where storage is blocked the memory of the page serves.
 */

/** How many frames of one agent, in all tabs, find their visits again. */
const PLACES = 16;
/** A page that is reloaded may still hold its place for a moment. */
const RELEASED_WITHIN_MS = 400;

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
  #places;
  /** @type {string|null} null: only in memory, as before there is a place */
  #key = null;

  /** @param {string} code the agent's */
  constructor(code) {
    const name = `parley.visit.${code}`;
    this.#places = Array.from({ length: PLACES }, (_, i) => (i === 0 ? name : `${name}.${i}`));
  }

  /** Whether some frame of this tab has kept a visit. */
  get anyKept() {
    return this.#places.some((place) => read(place) !== null);
  }

  /**
   * Find a place that no other frame has: all frames of a tab share one storage, and each keeps
   * a visit of its own. What is kept in a free place is taken over.
   */
  async claim() {
    const locks = navigator.locks;
    const kept = this.#places.filter((place) => read(place) !== null);
    const empty = this.#places.filter((place) => !kept.includes(place));
    for (const place of [...kept, ...empty]) {
      // Without locks, where the context is not secure, the first place is everybody's.
      if (locks !== undefined && !(await held(locks, place, kept.includes(place)))) continue;
      this.#key = place;
      if (this.#visit !== null) this.save(this.#visit);
      return;
    }
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
    if (this.#visit !== null || this.#key === null) return this.#visit;
    this.#visit = parse(read(this.#key));
    this.#permitted ||= this.#visit !== null; // it was kept after an earlier click
    return this.#visit;
  }

  /** @param {StoredVisit} visit */
  save(visit) {
    this.#visit = visit;
    if (!this.#permitted || this.#key === null) return;
    try {
      globalThis.sessionStorage.setItem(this.#key, JSON.stringify(visit));
    } catch {
      return; // blocked or full: memory holds it until the page goes
    }
  }

  clear() {
    this.#visit = null;
    if (this.#key === null) return;
    try {
      globalThis.sessionStorage.removeItem(this.#key);
    } catch {
      return; // blocked: there is nothing to remove
    }
  }
}

/**
 * @param {LockManager} locks
 * @param {string} place
 * @param {boolean} patiently whether to wait until a page that goes has let go of it
 * @returns {Promise<boolean>} whether this page has it, as long as it lives
 */
function held(locks, place, patiently) {
  const patience = new AbortController();
  if (patiently) setTimeout(() => patience.abort(), RELEASED_WITHIN_MS);
  const options = patiently ? { signal: patience.signal } : { ifAvailable: true };
  return new Promise((resolve) => {
    const keep = (/** @type {Lock|null} */ lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    };
    // It took too long, or the frame's sandbox forbids locks.
    locks.request(place, options, keep).catch(() => resolve(false));
  });
}

/** @param {string} place @returns {string|null} */
function read(place) {
  try {
    return globalThis.sessionStorage.getItem(place);
  } catch {
    return null; // storage is blocked
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
