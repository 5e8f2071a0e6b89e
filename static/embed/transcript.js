/**
 * The conversation in writing. The log holds finished turns alone, so that a screen reader hears
 * each once; what is still being said stands below it, outside the log.
 */
import { block, byId, make, makeWords } from './dom.js';
import { text } from './strings.js';

/** @typedef {import('./wire.js').Line} Line */
/** @typedef {import('./wire.js').Caption} Caption */

const NEAR_END_PX = 80;

export class Transcript {
  #log = byId('transcript', HTMLOListElement);
  #pending = block('pending');
  #scroll = block('scroll');
  #empty = block('transcript-empty');
  /** @type {Map<string, HTMLElement>} finished turns by id */
  #turns = new Map();
  /** @type {Map<string, HTMLElement>} turns still growing, by id */
  #growing = new Map();
  /** @type {{id: string, words: string}[]} typed here, not yet confirmed by the server */
  #typed = [];
  #agent;
  /** The visitor has not scrolled up to read. */
  #atEnd = true;

  /** @param {{name: string, language: string}} agent */
  constructor(agent) {
    this.#agent = agent;
    this.#scroll.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
      this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    });
    new ResizeObserver(() => this.#follow()).observe(this.#scroll);
  }

  get isEmpty() {
    return this.#turns.size === 0;
  }

  /** @returns {readonly {id: string, words: string}[]} typed here, and perhaps never arrived */
  get unconfirmed() {
    return this.#typed;
  }

  clear() {
    this.#turns.clear();
    this.#growing.clear();
    this.#typed = [];
    this.#log.replaceChildren();
    this.#pending.replaceChildren();
    this.#empty.hidden = false;
  }

  /**
   * Take over what the server has kept. A server that was restarted has given the lines new names.
   * @param {readonly Line[]} lines
   */
  load(lines) {
    const kept = new Set(lines.map(({ id }) => id));
    const renamed = [...this.#turns].filter(([id]) => !kept.has(id));
    for (const line of lines) {
      const index = renamed.findIndex(([, turn]) => says(turn, line));
      const [found] = this.#turns.has(line.id) || index < 0 ? [] : renamed.splice(index, 1);
      if (found !== undefined) {
        this.#turns.delete(found[0]);
        this.#turns.set(line.id, found[1]);
      }
      this.finish(line, 'voice');
    }
  }

  /**
   * Show typed words at once.
   * @param {string} id
   * @param {string} words
   */
  type(id, words) {
    this.#typed.push({ id, words });
    this.finish({ id, role: 'user', text: words, interrupted: false }, '');
  }

  /** @param {Caption} caption */
  update(caption) {
    if (caption.final) return this.finish(caption, caption.source);
    const turn = this.#growing.get(caption.id) ?? this.#grow(caption);
    this.#fill(turn, caption);
    this.#follow();
  }

  /**
   * @param {Line} line
   * @param {string} source
   */
  finish(line, source) {
    this.#growing.get(line.id)?.remove();
    this.#growing.delete(line.id);
    const own = source === 'text' || source === 'voice' ? this.#confirm(line) : undefined;
    const known = this.#turns.get(line.id) ?? own;
    if (line.text.trim() === '') return;
    const turn = known ?? this.#turn('li', line);
    this.#fill(turn, line);
    if (known === undefined) this.#log.append(turn);
    this.#turns.set(line.id, turn);
    this.#empty.hidden = true;
    this.#follow();
  }

  toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  /**
   * The server's record of words typed here takes the place of ours.
   * @param {Line} line
   * @returns {HTMLElement|undefined}
   */
  #confirm(line) {
    if (line.role !== 'user') return undefined;
    const index = this.#typed.findIndex(
      ({ id, words }) => id === line.id || words.trim() === line.text.trim(),
    );
    const typed = this.#typed.splice(index, index < 0 ? 0 : 1)[0];
    if (typed === undefined) return undefined;
    const turn = this.#turns.get(typed.id);
    this.#turns.delete(typed.id);
    return turn;
  }

  /** @param {Line} line */
  #grow(line) {
    const turn = this.#turn('div', line);
    turn.classList.add('growing');
    this.#pending.append(turn);
    this.#growing.set(line.id, turn);
    this.#empty.hidden = true;
    return turn;
  }

  /**
   * @param {'li'|'div'} tag
   * @param {Line} line
   */
  #turn(tag, line) {
    const turn = make(tag, `turn ${line.role}`);
    const own = line.role === 'user';
    const who = own ? text('transcript.you') : this.#agent.name;
    const language = own ? document.documentElement.lang : this.#agent.language;
    turn.append(make('span', 'speaker', who), makeWords('words', language));
    return turn;
  }

  /**
   * @param {HTMLElement} turn
   * @param {Line} line
   */
  #fill(turn, line) {
    const words = turn.querySelector('.words');
    if (words !== null) words.textContent = line.text;
    turn.querySelector('.cut')?.remove();
    if (line.interrupted) turn.append(make('span', 'cut', text('transcript.interrupted')));
  }

  /** Keep the end in sight while words come in and the frame changes its size. */
  #follow() {
    if (this.#atEnd) this.toEnd();
  }
}

/**
 * @param {HTMLElement} turn
 * @param {Line} line
 */
function says(turn, line) {
  return (
    turn.classList.contains(line.role) && turn.querySelector('.words')?.textContent === line.text
  );
}
