/** The text box: Enter sends, Shift+Enter breaks the line, an input method keeps its own Enter. */
import { block, button, byId } from './dom.js';

const TALLEST_PX = 120;

export class Composer {
  #form = byId('composer', HTMLFormElement);
  #input = byId('composer-input', HTMLTextAreaElement);
  #send = button('send');
  #interrupt = button('interrupt');
  #speaking = false;

  /**
   * @param {(words: string) => boolean} onText trimmed, never empty; whether they were taken
   * @param {() => void} onInterrupt
   */
  constructor(onText, onInterrupt) {
    const submit = () => {
      const words = this.#input.value.trim();
      if (words === '' || !onText(words)) return;
      this.#input.value = '';
      this.#changed();
    };
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      submit();
      this.focus();
    });
    this.#input.addEventListener('keydown', (event) => {
      // 229 is what older browsers report for keys that the input method takes.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      submit();
    });
    this.#input.addEventListener('input', () => this.#changed());
    this.#interrupt.addEventListener('click', () => {
      onInterrupt();
      this.focus();
    });
    this.#changed();
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** @param {boolean} speaking the agent can be stopped now */
  setSpeaking(speaking) {
    this.#speaking = speaking;
    this.#changed();
  }

  #changed() {
    const empty = this.#input.value.trim() === '';
    const stop = this.#speaking && empty;
    const hadFocus = document.activeElement === this.#interrupt;
    this.#interrupt.hidden = !stop;
    this.#send.hidden = stop;
    this.#send.setAttribute('aria-disabled', String(empty));
    if (hadFocus && !stop) this.focus();
    const style = this.#input.style;
    style.height = 'auto';
    const borders = this.#input.offsetHeight - this.#input.clientHeight;
    style.height = `${Math.min(TALLEST_PX, this.#input.scrollHeight + borders)}px`;
    block('composer').classList.toggle('tall', this.#input.scrollHeight > TALLEST_PX);
  }
}
