/** Draws a model: which card shows, what the status says, which controls there are. */
import { block, button, byId, localise, setIcon } from './dom.js';
import { inWriting } from './machine.js';
import { text } from './strings.js';

/** @typedef {import('./machine.js').Model} Model */
/** @typedef {import('./config.js').Config} Config */

/** What only the page knows and the machine does not need. */
/** @typedef {{listening: boolean, micMuted: boolean, hears: boolean, speaks: boolean, captions: boolean, drawer: boolean, stalled: boolean}} Extras */

const CARDS = /** @type {const} */ (['start', 'connecting', 'error', 'ended']);
const STEPS = ['microphone', 'server', 'media'];

export class View {
  #root = document.documentElement;
  #face = byId('face', HTMLVideoElement);
  #poster = byId('poster', HTMLImageElement);
  #config;
  #textOnly;
  #status = '';

  /**
   * @param {Config} config
   * @param {string} language of the page
   * @param {boolean} textOnly the address asked for typing alone
   */
  constructor(config, language, textOnly) {
    this.#config = config;
    this.#textOnly = textOnly;
    localise({ name: config.name }, language);
    this.#face.setAttribute('aria-label', config.name);
    block('main').setAttribute('aria-label', text('region.face', { name: config.name }));
    const hide = () => this.#root.classList.add('no-poster');
    this.#poster.addEventListener('error', hide);
    if (this.#poster.complete && this.#poster.naturalWidth === 0) hide();
  }

  /**
   * @param {Readonly<Model>} model
   * @param {Readonly<Extras>} extras
   */
  render(model, extras) {
    const talking = model.state === 'live' || model.state === 'reconnecting';
    const writing = talking && inWriting(model);
    this.#mark(model, writing);
    for (const id of CARDS) block(id).hidden = cardOf(model) !== id;
    block('bar').hidden = model.state === 'idle';
    block('dock').hidden = !talking;
    block('drawer').hidden = !(writing || (extras.drawer && (talking || model.state === 'ended')));
    this.#controls(model, extras, writing);
    this.#picture(model, extras);
    this.#say(model, extras, talking);
    this.#progress(model, extras);
    block('captions').classList.toggle('aside', writing || extras.drawer || !talking);
  }

  /**
   * @param {Readonly<Model>} model
   * @param {boolean} writing
   */
  #mark(model, writing) {
    const data = this.#root.dataset;
    data.state = model.state;
    data.media = model.media;
    data.agentState = model.agent;
    data.mode = model.mode;
    data.layout = writing ? 'chat' : 'face';
    if (model.error === null) delete data.error;
    else data.error = model.error;
    if (model.reason === null) delete data.reason;
    else data.reason = model.reason;
  }

  /**
   * @param {Readonly<Model>} model
   * @param {Readonly<Extras>} extras
   * @param {boolean} writing
   */
  #controls(model, extras, writing) {
    const spoken = model.mode === 'voice';
    block('sound').hidden = !spoken || writing || cardOf(model) !== null;
    const mute = button('mute');
    mute.hidden = !spoken || writing || !extras.hears || !extras.listening;
    mute.setAttribute('aria-pressed', String(extras.micMuted));
    setIcon(mute, extras.micMuted ? 'mic-off' : 'mic');
    button('talk').hidden = (spoken && extras.listening) || this.#textOnly;
    button('talk').disabled = model.state !== 'live';
    const captions = button('captions-toggle');
    captions.hidden = writing;
    captions.setAttribute('aria-pressed', String(extras.captions));
    setIcon(captions, extras.captions ? 'captions' : 'captions-off');
    const toggle = button('transcript-toggle');
    toggle.hidden = writing;
    for (const one of [toggle, button('ended-transcript')]) {
      one.setAttribute('aria-expanded', String(extras.drawer));
    }
    button('drawer-close').hidden = writing;
  }

  /**
   * @param {Readonly<Model>} model
   * @param {Readonly<Extras>} extras
   */
  #picture(model, extras) {
    const showing = model.media === 'live' && !extras.stalled;
    this.#face.hidden = model.media === 'none' || model.media === 'blocked';
    this.#root.classList.toggle('showing', showing);
  }

  /**
   * @param {Readonly<Model>} model
   * @param {Readonly<Extras>} extras
   * @param {boolean} talking
   */
  #say(model, extras, talking) {
    const { word, icon } = statusOf(model, extras);
    const words = talking ? word : '';
    if (words === this.#status) return;
    this.#status = words;
    block('status').textContent = words;
    const chip = byId('status-icon', SVGSVGElement);
    chip.toggleAttribute('hidden', !talking);
    chip.dataset.icon = icon;
    setIcon(chip, icon);
  }

  /**
   * @param {Readonly<Model>} model
   * @param {Readonly<Extras>} extras
   */
  #progress(model, extras) {
    if (model.state !== 'connecting' || model.step === null) return;
    const words = text(`connecting.${model.step}`, { name: this.#config.name });
    const now = block('connecting-now');
    if (now.textContent !== words) now.textContent = words;
    const at = STEPS.indexOf(model.step);
    for (const item of block('steps').querySelectorAll('li')) {
      const index = STEPS.indexOf(item.dataset.step ?? '');
      const unheard = index < at && index === 0 && !extras.listening;
      item.hidden = unheard || (model.mode === 'text' && item.dataset.step !== 'server');
      item.dataset.progress = index < at ? 'done' : index === at ? 'now' : 'next';
      if (index === at) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
  }
}

/** @param {Readonly<Model>} model @returns {typeof CARDS[number]|null} */
export function cardOf(model) {
  if (model.state === 'idle') return 'start';
  if (model.state === 'live' || model.state === 'reconnecting') return null;
  return model.state;
}

/**
 * @param {Readonly<Model>} model
 * @param {Readonly<Extras>} extras
 */
function statusOf(model, extras) {
  if (model.state === 'reconnecting') return { word: text('status.reconnecting'), icon: 'link' };
  const writing = inWriting(model);
  if (!writing && extras.micMuted && model.agent !== 'speaking' && model.agent !== 'thinking') {
    return { word: text('status.muted'), icon: 'mic-off' };
  }
  if ((writing || !extras.listening) && model.agent === 'listening') {
    return { word: text('status.idle'), icon: 'idle' };
  }
  if (writing && model.agent === 'speaking') return { word: text('status.writing'), icon: 'thinking' };
  return { word: text(`status.${model.agent}`), icon: model.agent };
}
