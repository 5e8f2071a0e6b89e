/** Short remarks beside the conversation: what just changed and, sometimes, one thing to do. */
import { block, icon, make } from './dom.js';

/**
 * @typedef {object} Notice
 * @property {string} words may hold `{seconds}`
 * @property {string} icon
 * @property {number} [seconds] counted down in the words
 * @property {number} [forMs] goes away by itself after this time
 * @property {{label: string, testid: string, run: () => void}} [action]
 */

const PLACE = '{seconds}';

export class Notices {
  #area = block('notices');
  /** @type {Map<string, {element: HTMLElement, timer: ReturnType<typeof setTimeout>|undefined}>} */
  #shown = new Map();

  /**
   * @param {string} key one notice of a kind at a time; the same words twice change nothing
   * @param {Notice} notice
   */
  show(key, notice) {
    const known = this.#shown.get(key);
    if (known !== undefined && known.element.dataset.words === notice.words && !notice.seconds) return;
    this.hide(key);
    const element = make('div', 'notice');
    element.dataset.notice = key;
    element.dataset.words = notice.words;
    element.append(icon(notice.icon), this.#words(notice));
    if (notice.action !== undefined) element.append(this.#action(notice.action));
    this.#area.append(element);
    const timer = notice.forMs === undefined ? undefined : setTimeout(() => this.hide(key), notice.forMs);
    this.#shown.set(key, { element, timer });
  }

  /** @param {string} key */
  hide(key) {
    const shown = this.#shown.get(key);
    if (shown === undefined) return;
    clearTimeout(shown.timer);
    shown.element.remove();
    this.#shown.delete(key);
  }

  clear() {
    for (const key of [...this.#shown.keys()]) this.hide(key);
  }

  /**
   * A countdown is read out once, not every second.
   * @param {Notice} notice
   */
  #words({ words, seconds }) {
    if (seconds === undefined) return make('p', 'notice-words', words);
    const holder = make('p', 'notice-words');
    const visible = make('span', '', words.replace(PLACE, String(seconds)));
    visible.setAttribute('aria-hidden', 'true');
    holder.append(make('span', 'visually-hidden', words.replace(PLACE, String(seconds))), visible);
    const endMs = performance.now() + seconds * 1000;
    const tick = setInterval(() => {
      const left = Math.max(0, Math.round((endMs - performance.now()) / 1000));
      visible.textContent = words.replace(PLACE, String(left));
      if (left === 0 || !holder.isConnected) clearInterval(tick);
    }, 1000);
    return holder;
  }

  /** @param {NonNullable<Notice['action']>} action */
  #action({ label, testid, run }) {
    const element = /** @type {HTMLButtonElement} */ (make('button', 'button slim', label));
    element.type = 'button';
    element.dataset.testid = testid;
    element.addEventListener('click', run);
    return element;
  }
}
