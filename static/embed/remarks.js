/** Which notices a visit shows, and when they go. */
import { isTextKey, text } from './strings.js';

/** @typedef {import('./machine.js').Model} Model */

const BRIEFLY_MS = 8_000;

export class Remarks {
  #notices;
  #name;
  #stay;

  /**
   * @param {import('./notices.js').Notices} notices
   * @param {string} name the agent's
   * @param {() => void} stay the visitor wants to go on
   */
  constructor(notices, name, stay) {
    this.#notices = notices;
    this.#name = name;
    this.#stay = stay;
  }

  /** @param {Readonly<Model>} model */
  follow(model) {
    this.#show('reconnecting', model.state === 'reconnecting', 'link');
    this.#show('lost', model.media === 'lost' && model.state === 'live', 'link');
    this.#show('blocked', model.media === 'blocked', 'alert');
  }

  /** @param {import('./wire.js').Welcome} welcome */
  abilities(welcome) {
    this.#show('deaf', welcome.mode === 'voice' && !welcome.hears, 'keyboard');
    this.#show('mute', welcome.mode === 'voice' && !welcome.speaks, 'captions');
  }

  /** @param {boolean} stalled */
  stalled(stalled) {
    this.#show('stalled', stalled, 'info');
  }

  /** @param {boolean} unplugged */
  unplugged(unplugged) {
    this.#show('unplugged', unplugged, 'mic-off');
  }

  /** The visitor is there: nobody needs to ask. */
  active() {
    this.#notices.hide('idle');
  }

  /** @param {import('./wire.js').Warning} warning */
  warn(warning) {
    const seconds = Math.max(0, Math.round(warning.seconds ?? 60));
    if (warning.code === 'idle') {
      const run = () => {
        this.#stay();
        this.active();
      };
      const action = { label: text('notice.stay'), testid: 'stay', run };
      this.#notices.show('idle', { words: text('notice.idle'), icon: 'clock', seconds, action });
    } else if (warning.code === 'max_length') {
      this.#notices.show('max', { words: text('notice.max'), icon: 'clock', seconds });
    } else {
      const words = warning.message || text('notice.provider', { name: this.#name });
      this.#brief(warning.code, words);
    }
  }

  /** @param {string} code of a refusal that ends nothing */
  refused(code) {
    const key = `notice.${code}`;
    this.#brief('refused', text(isTextKey(key) ? key : 'notice.unsent'));
  }

  /** @param {import('./errors.js').Fault} fault that does not end the visit */
  fault(fault) {
    this.#brief('fault', `${fault.title}. ${fault.body}`);
  }

  /**
   * @param {string} key
   * @param {string} words
   */
  #brief(key, words) {
    this.#notices.show(key, { words, icon: 'alert', forMs: BRIEFLY_MS });
  }

  /**
   * @param {'reconnecting'|'lost'|'blocked'|'stalled'|'deaf'|'mute'|'unplugged'} key
   * @param {boolean} on
   * @param {string} icon
   */
  #show(key, on, icon) {
    if (!on) return this.#notices.hide(key);
    this.#notices.show(key, { words: text(`notice.${key}`, { name: this.#name }), icon });
  }
}
