/** The words of the moment over the picture. They fade a while after they were said. */
import { block, make, makeWords } from './dom.js';
import { text } from './strings.js';

/** @typedef {import('./wire.js').Caption} Caption */

const SHORTEST_MS = 4_000;
const PER_CHARACTER_MS = 60;

export class Captions {
  #area = block('captions');
  #agentName;
  #on;
  #words = '';
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * @param {string} agentName
   * @param {boolean} on
   */
  constructor(agentName, on) {
    this.#agentName = agentName;
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
    const who = caption.role === 'user' ? text('transcript.you') : this.#agentName;
    const line = makeWords('caption-line');
    line.append(make('span', 'caption-who', `${who} `), this.#words);
    const clip = make('span', 'caption-clip');
    clip.append(line);
    this.#area.replaceChildren(clip);
    this.#area.dataset.role = caption.role;
    this.#area.hidden = !this.#on || this.#words === '';
    if (!caption.final) return;
    const stayMs = Math.max(SHORTEST_MS, this.#words.length * PER_CHARACTER_MS);
    this.#timer = setTimeout(() => this.clear(), stayMs);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#words = '';
    this.#area.hidden = true;
    this.#area.replaceChildren();
  }
}
