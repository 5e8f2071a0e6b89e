/** The cards before, after and instead of a conversation. */
import { adviceForOwner, describe } from './errors.js';
import { block, button, make } from './dom.js';
import { isTextKey, languageNames, text } from './strings.js';

/** @typedef {import('./config.js').Config} Config */
/** @typedef {import('./params.js').Settings} Settings */

/**
 * @param {Config} config
 * @param {Settings['mode']} mode
 * @param {{kept: boolean, understood: boolean, gone: boolean}} facts whether an earlier visit can
 *   be continued, whether the agent knows the visitor's language, whether the earlier one is over
 */
export function drawStart(config, mode, { kept, understood, gone }) {
  block('disclosure').textContent = disclosure(config.keepDays);
  button('continue').hidden = !kept;
  button('start-over').hidden = !kept;
  button('start-voice').hidden = kept || mode === 'text';
  button('start-text').hidden = kept;
  block('start-text-label').textContent = text(mode === 'text' ? 'start.text.only' : 'start.text');
  block('start-hint').textContent = text(mode === 'text' ? 'start.hint.text' : 'start.hint');
  block('start-hint').hidden = kept;
  const note = block('start-note');
  const words = startNote(config, { kept, understood: understood || mode === 'text', gone });
  note.textContent = words;
  note.hidden = words === '';
}

/**
 * @param {Config} config
 * @param {{kept: boolean, understood: boolean, gone: boolean}} facts
 */
function startNote(config, { kept, understood, gone }) {
  if (kept) return text('start.back');
  if (gone) return text('start.gone');
  if (understood) return '';
  return text('language.voice', { languages: languageNames(config.languages) });
}

/** @param {number} days */
function disclosure(days) {
  if (days === 0) return text('disclosure.none');
  return days === 1 ? text('disclosure.day') : text('disclosure.days', { days });
}

/**
 * @param {string} reason
 * @param {string} note the operator's own words to the visitor, often none
 * @param {boolean} hasTranscript
 */
export function drawEnded(reason, note, hasTranscript) {
  const key = `ended.${reason}`;
  const moved = reason === 'taken_over';
  block('ended-title').textContent = text(moved ? 'ended.taken_over.title' : 'ended.title');
  block('ended-reason').textContent = note || text(isTextKey(key) ? key : 'ended.error');
  button('here').hidden = !moved;
  button('ended-transcript').hidden = !hasTranscript;
}

/** The card of an error, with its countdown to the next try. */
export class ErrorCard {
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #countdown;

  /**
   * @param {string} code
   * @param {import('./errors.js').Facts} facts
   * @param {(() => void)|null} onTime tries again when the wait is over; null: the visitor decides
   */
  draw(code, facts, onTime) {
    const fault = describe(code, facts);
    block('error-title').textContent = fault.title;
    block('error-body').textContent = fault.body;
    const steps = block('error-steps');
    steps.replaceChildren(...fault.steps.map((step) => make('li', '', step)));
    steps.hidden = fault.steps.length === 0;
    button('retry').hidden = !fault.actions.includes('retry');
    button('type-instead').hidden = !fault.actions.includes('type');
    block('error-code').textContent = text('error.code', { code: fault.code });
    const advice = adviceForOwner(code, globalThis.location.origin);
    if (advice !== null) console.warn(`Parley: ${code}: ${advice}`);
    const waits = fault.waitS !== null && onTime !== null;
    block('retry-label').textContent = text(waits ? 'action.retry.now' : 'action.retry');
    block('error-wait').hidden = !waits;
    this.stop();
    if (fault.waitS !== null && onTime !== null) this.#wait(fault.waitS, onTime);
  }

  stop() {
    clearInterval(this.#countdown);
  }

  /**
   * @param {number} seconds
   * @param {() => void} onTime
   */
  #wait(seconds, onTime) {
    const endMs = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((endMs - performance.now()) / 1000);
      block('error-wait').textContent = text('error.wait', { seconds: Math.max(0, left) });
      if (left > 0) return;
      this.stop();
      onTime();
    };
    this.#countdown = setInterval(tick, 1000);
    tick();
  }
}
