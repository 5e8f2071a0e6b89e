/** Keeps the screen on while a visitor listens; the browser lets go of it when the page is hidden. */
export class WakeLock {
  /** @type {WakeLockSentinel|null} */
  #sentinel = null;
  #wanted = false;

  constructor() {
    document.addEventListener('visibilitychange', () => void this.#acquire());
  }

  /** @param {boolean} wanted */
  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) void this.#acquire();
    else void this.#sentinel?.release();
  }

  async #acquire() {
    if (!this.#wanted || document.visibilityState !== 'visible') return;
    if (!('wakeLock' in navigator) || !policyAllows()) return;
    try {
      this.#sentinel = await navigator.wakeLock.request('screen');
      if (!this.#wanted) await this.#sentinel.release();
    } catch {
      this.#sentinel = null; // not allowed in this frame, or the battery is low
    }
  }
}

/** Asked first, since a refused request is an error in the console of whoever embeds us. */
function policyAllows() {
  const page = /** @type {{featurePolicy?: {allowsFeature(name: string): boolean}}} */ (
    /** @type {unknown} */ (document)
  );
  return page.featurePolicy?.allowsFeature('screen-wake-lock') ?? true;
}
