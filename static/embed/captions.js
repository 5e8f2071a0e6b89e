/**
 * The words of the moment over the picture. They fade a while after they were said, and are no
 * live region: mostly they are heard as well.
 */
import { block, make, makeWords } from './dom.js';
import { text } from './strings.js';

/** @typedef {import('./wire.js').Caption} Caption */

const SHORTEST_MS = 4_000;
const PER_CHARACTER_MS = 60;
const MOST_ANNOUNCED = 20;

export class Captions {
  #area = block('captions');
  #announced = block('announced');
  #agent;
  #on;
  #words = '';
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * @param {{name: string, language: string}} agent
   * @param {boolean} on
   */
  constructor(agent, on) {
    this.#agent = agent;
    this.#on = on;
  }

  get on() {
    return this.#on;
  }

  toggle() {
    this.#on = !this.#on;
    this.#area.hidden = !this.#on || this.#words === '';
  }

  /** @param {Caption} caption */
  show(caption) {
    clearTimeout(this.#timer);
    this.#words = caption.text.trim();
    const own = caption.role === 'user';
    const who = own ? text('transcript.you') : this.#agent.name;
    const language = own ? document.documentElement.lang : this.#agent.language;
    const line = makeWords('caption-line', language);
    line.append(make('span', 'caption-who', `${who} `), this.#words);
    const clip = make('span', 'caption-clip');
    clip.append(line);
    this.#area.replaceChildren(clip);
    this.#area.dataset.role = caption.role;
    this.#area.hidden = !this.#on || this.#words === '';
    if (!caption.final) return;
    const stayMs = Math.max(SHORTEST_MS, this.#words.length * PER_CHARACTER_MS);
    this.#timer = setTimeout(() => this.#fade(), stayMs);
  }

  /**
   * Have a screen reader say what nobody hears.
   * @param {string} words
   */
  announce(words) {
    const line = make('p', '', words);
    line.lang = this.#agent.language;
    this.#announced.append(line);
    while (this.#announced.childElementCount > MOST_ANNOUNCED) this.#announced.firstChild?.remove();
  }

  clear() {
    this.#fade();
    this.#announced.replaceChildren();
  }

  #fade() {
    clearTimeout(this.#timer);
    this.#words = '';
    this.#area.hidden = true;
    this.#area.replaceChildren();
  }
}
