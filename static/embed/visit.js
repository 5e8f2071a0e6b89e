/**
 * One visitor's visit: turns what happens (clicks, messages, media) into events of the state
 * machine, and the machine's models into what is drawn, sent and kept.
 */
import { Captions } from './captions.js';
import { ErrorCard, drawEnded } from './cards.js';
import { socketAddress } from './config.js';
import { block, byId } from './dom.js';
import { describe, isFinal, verdict } from './errors.js';
import { INITIAL, inWriting, next } from './machine.js';
import { Media } from './media.js';
import {
  Microphone, MicrophoneError, openMicrophone, parentOrigin, stop, topSite,
} from './microphone.js';
import { Notices } from './notices.js';
import { Remarks } from './remarks.js';
import { Signalling } from './signalling.js';
import { ownerOf } from './store.js';
import { Transcript } from './transcript.js';
import { WakeLock } from './wakelock.js';

/** @typedef {import('./machine.js').Mode} Mode */
/** @typedef {import('./machine.js').Model} Model */
/** @typedef {import('./machine.js').MachineEvent} MachineEvent */
/** @typedef {import('./wire.js').ServerMessage} ServerMessage */

/**
 * @typedef {object} VisitOptions
 * @property {import('./config.js').Config} config
 * @property {import('./params.js').Settings} settings
 * @property {string} language that the visitor is addressed in
 * @property {string|null} token
 * @property {import('./store.js').VisitStore} store
 * @property {import('./view.js').View} view
 * @property {(model: Readonly<Model>, before: Readonly<Model>) => void} onChange
 * @property {() => void} onGone the earlier visit could not be continued
 */

const MOST_RETRIES = 5;
const MOST_UNCONFIRMED = 20;

export class Visit {
  transcript;
  captions;
  #options;
  #model = INITIAL;
  #extras;
  #notices = new Notices();
  #remarks;
  #error = new ErrorCard();
  #wakeLock = new WakeLock();
  #media;
  #microphone;
  /** @type {Signalling|null} */
  #signalling = null;
  /** Counts starts, so that what a past one still awaited finds itself outdated. */
  #run = 0;
  #retries = 0;
  /** Whether the hello of now asks for an earlier visit. */
  #resuming = false;
  /** Whether the face moves without sound and nobody listens, until the visitor wants more. */
  #watching = false;
  /** Whether the browser asks for the microphone because the visitor wants to talk instead. */
  #asking = false;

  /** @param {VisitOptions} options */
  constructor(options) {
    this.#options = options;
    const { config, settings } = options;
    // Whom the address of the page names a language for, the agent is expected to speak it.
    const spoken = settings.lang === 'auto' ? config.language : settings.lang;
    const agent = { name: config.name, language: spoken };
    this.transcript = new Transcript(agent);
    this.captions = new Captions(agent, settings.captions);
    this.#remarks = new Remarks(this.#notices, config.name, () => this.#send({ type: 'stay' }));
    this.#extras = {
      listening: false, micMuted: false, hears: true, speaks: true,
      captions: settings.captions, drawer: false, stalled: false,
    };
    this.#media = new Media({
      video: byId('face', HTMLVideoElement),
      send: (message) => this.#send(message),
      onState: (media) => this.#dispatch({ type: 'media', media }),
      onStalled: (stalled) => {
        this.#remarks.stalled(stalled);
        this.#amend({ stalled });
      },
      onSoundBlocked: () => (block('unmute-area').hidden = false),
    });
    this.#microphone = new Microphone(
      (track) => {
        this.#remarks.unplugged(false);
        void this.#media.replaceMicrophone(track);
      },
      () => this.#remarks.unplugged(true),
    );
    options.view.render(this.#model, this.#extras);
  }

  get model() {
    return this.#model;
  }

  get drawerOpen() {
    return this.#extras.drawer;
  }

  /**
   * @param {Mode} mode
   * @param {{resume?: boolean, watching?: boolean}} [how] resume: the visit that the store
   *   remembers; watching: a spoken one without microphone, and without sound until asked for
   */
  async start(mode, { resume = false, watching = false } = {}) {
    this.#release();
    this.#watching = watching;
    this.#run += 1;
    const run = this.#run;
    this.#resuming = resume && this.#options.store.load() !== null;
    if (!this.#resuming) {
      this.#options.store.clear();
      this.transcript.clear();
    }
    this.#dispatch({ type: 'start', mode });
    if (globalThis.origin === 'null') return this.#fail('sandboxed', null);
    if (mode === 'voice') {
      const fault = watching ? null : await this.#openMicrophone(run);
      if (run !== this.#run) return;
      if (fault !== null) return this.#fail(fault, null);
      this.#dispatch({ type: 'microphone_ready' });
    }
    this.#connect();
  }

  /** Try again what failed. */
  retry() {
    void this.start(this.#model.mode, { resume: true, watching: this.#watching });
  }

  /** Go on by voice in a visit that was typed or watched so far. */
  async talk() {
    if (this.#asking) return;
    const run = this.#run;
    this.#asking = true;
    const fault = await this.#openMicrophone(run).finally(() => (this.#asking = false));
    if (run !== this.#run) return;
    if (this.#model.state !== 'live') {
      this.#microphone.close();
      return this.#amend({ listening: false });
    }
    if (fault !== null) return this.#remarks.fault(describe(fault, this.#facts()));
    const track = this.#microphone.track;
    if (this.#watching && track !== null) {
      this.#watching = false;
      this.#media.hear(track);
      return this.unmute();
    }
    this.#dispatch({ type: 'mode', mode: 'voice' });
    this.#resuming = true;
    this.#signalling?.reopen();
  }

  /** Prepare what a call needs before one is wanted. */
  warm() {
    return this.#media.warm();
  }

  /** The page goes, and nothing was kept to come back with. */
  leave() {
    this.#hangUp();
  }

  end() {
    this.#hangUp();
    this.#end('visitor');
  }

  cancel() {
    this.#hangUp();
    this.#run += 1;
    this.#release();
    this.#options.store.clear();
    this.#dispatch({ type: 'reset' });
  }

  /**
   * Typed words stay with the page until the server has confirmed them: a connection that died
   * unnoticed takes them, too. `#welcome` sends again what is left.
   * @param {string} words
   * @returns {boolean} whether they were taken
   */
  say(words) {
    const id = crypto.randomUUID?.() ?? `t${Date.now()}${Math.random()}`;
    this.#remarks.active();
    if (this.transcript.unconfirmed.length >= MOST_UNCONFIRMED) {
      this.#remarks.refused('unsent');
      return false;
    }
    this.transcript.type(id, words);
    this.#send({ type: 'text', text: words, id });
    this.transcript.toEnd();
    if (!inWriting(this.#model)) {
      this.captions.show({
        type: 'caption', id, role: 'user', text: words, final: true, interrupted: false, source: 'text',
      });
    }
    return true;
  }

  interrupt() {
    this.#send({ type: 'interrupt' });
  }

  toggleMicrophone() {
    const muted = !this.#microphone.muted;
    this.#microphone.mute(muted);
    this.#send({ type: 'mic', muted });
    this.#amend({ micMuted: muted });
  }

  toggleCaptions() {
    this.captions.toggle();
    this.#amend({ captions: this.captions.on });
  }

  /** @param {boolean} drawer */
  showDrawer(drawer) {
    this.#amend({ drawer });
    if (drawer) this.transcript.toEnd();
  }

  async unmute() {
    await this.#media.unmute();
    block('unmute-area').hidden = !byId('face', HTMLVideoElement).muted;
  }

  #connect() {
    this.#signalling = new Signalling({
      address: () => socketAddress(this.#options.config, this.#options.store.load()?.sid),
      hello: () =>
        hello(this.#options, this.#model.mode, this.#resuming ? this.#options.store.load() : null),
      onMessage: (message) => this.#receive(message),
      onLost: () => {
        this.#media.suspend();
        this.#resuming = true;
        this.#dispatch({ type: 'socket_lost' });
      },
      onFailed: (code) => this.#fail(code, null),
    });
    this.#signalling.open();
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    switch (message.type) {
      case 'welcome':
        return this.#welcome(message);
      case 'answer':
        return this.#media.answer(message.sdp);
      case 'caption':
        this.transcript.update(message);
        if (!inWriting(this.#model)) this.#caption(message);
        return;
      case 'agent':
        return this.#dispatch({ type: 'agent', agent: message.state });
      case 'user':
        document.documentElement.dataset.userSpeaking = String(message.speaking);
        if (message.speaking) this.#remarks.active();
        return;
      case 'state':
        if (message.state === 'ended') this.#end(message.reason ?? 'error', message.message ?? '');
        return;
      case 'warning':
        return this.#remarks.warn(message);
      case 'error':
        return this.#refused(message);
    }
  }

  /** @param {import('./wire.js').Caption} caption */
  #caption(caption) {
    this.captions.show(caption);
    const heard = this.#extras.speaks && !byId('face', HTMLVideoElement).muted;
    if (heard || this.#extras.drawer || caption.role === 'user' || !caption.final) return;
    this.captions.announce(caption.text);
  }

  /** @param {import('./wire.js').Welcome} welcome */
  #welcome(welcome) {
    const { store, token } = this.#options;
    this.#resuming = true;
    this.#retries = 0;
    store.save({
      sid: welcome.sid, resume: welcome.resume, mode: welcome.mode, owner: ownerOf(token),
    });
    this.transcript.load(welcome.transcript);
    this.#extras = { ...this.#extras, hears: welcome.hears, speaks: welcome.speaks };
    this.#remarks.abilities(welcome);
    if (!welcome.speaks && !this.captions.on) this.toggleCaptions();
    this.#dispatch({ type: 'welcome', mode: welcome.mode });
    for (const { id, words } of this.transcript.unconfirmed) {
      this.#send({ type: 'text', text: words, id });
    }
    if (welcome.mode === 'text') return this.#microphone.close();
    if (this.#watching) this.#media.mute();
    block('unmute-area').hidden = !this.#watching;
    this.#media.begin(welcome, this.#microphone.track);
    this.#send({ type: 'mic', muted: this.#microphone.muted });
  }

  /** @param {import('./wire.js').ErrorFrame} frame */
  #refused(frame) {
    if (!frame.fatal) {
      if (frame.code === 'bad_offer') this.#media.refused();
      else this.#remarks.refused(frame.code);
      return;
    }
    const talked = this.#model.visited;
    const meaning = verdict(frame.code, talked);
    if (meaning === 'over') return this.#over(talked);
    if (meaning !== 'failed') {
      return this.#end(meaning.ended, meaning.ended === 'operator' ? frame.message : '');
    }
    this.#fail(frame.code, frame.retry_after ?? null);
  }

  /**
   * The visit to be continued is no more, and no token opened it anew.
   * @param {boolean} talked whether it was live on this page
   */
  #over(talked) {
    if (talked) return this.#end('network');
    if (!this.#resuming) return this.#fail('session_over', null);
    this.cancel();
    this.#options.onGone();
  }

  /**
   * @param {string} code
   * @param {number|null} retryAfterS
   */
  #fail(code, retryAfterS) {
    if (isFinal(code)) this.#options.store.clear();
    const kept = this.#options.store.load() !== null;
    this.#release();
    this.#retries += 1;
    const again = this.#retries <= MOST_RETRIES ? () => this.retry() : null;
    this.#error.draw(code, { ...this.#facts(), retryAfterS, kept }, again);
    this.#dispatch({ type: 'failed', error: code, retryAfterS });
  }

  /**
   * @param {string} reason
   * @param {string} [note] what the operator says about it
   */
  #end(reason, note = '') {
    if (reason !== 'taken_over') this.#options.store.clear();
    this.#release();
    drawEnded(reason, note, !this.transcript.isEmpty);
    this.#dispatch({ type: 'ended', reason });
  }

  /** Let the server know, beyond the life of this visit in the page if need be. */
  #hangUp() {
    this.#signalling?.end();
    this.#signalling = null;
  }

  /** Let go of everything that a visit holds. */
  #release() {
    this.#signalling?.close();
    this.#signalling = null;
    this.#media.stop();
    this.#microphone.close();
    this.#notices.clear();
    this.captions.clear();
    this.#error.stop();
    block('unmute-area').hidden = true;
    delete document.documentElement.dataset.userSpeaking;
    this.#extras = {
      ...this.#extras, listening: false, micMuted: false, drawer: false, stalled: false,
    };
  }

  /**
   * @param {number} run
   * @returns {Promise<import('./microphone.js').MicFault|null>}
   */
  async #openMicrophone(run) {
    try {
      const stream = await openMicrophone();
      if (run === this.#run) {
        this.#microphone.take(stream);
        this.#amend({ listening: true });
      } else stop(stream);
      return null;
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      return error.code;
    }
  }

  /** @returns {import('./errors.js').Facts} */
  #facts() {
    return { name: this.#options.config.name, site: topSite(), retryAfterS: null, kept: false };
  }

  /** @param {import('./wire.js').ClientMessage} message */
  #send(message) {
    return this.#signalling?.send(message) ?? false;
  }

  /** @param {Partial<import('./view.js').Extras>} extras */
  #amend(extras) {
    this.#extras = { ...this.#extras, ...extras };
    this.#options.view.render(this.#model, this.#extras);
  }

  /** @param {MachineEvent} event */
  #dispatch(event) {
    const before = this.#model;
    this.#model = next(before, event);
    if (this.#model === before) return;
    this.#remarks.follow(this.#model);
    const attended = this.#model.mode === 'voice' && !this.#watching;
    this.#wakeLock.want(this.#model.state === 'live' && attended);
    this.#options.view.render(this.#model, this.#extras);
    this.#options.onChange(this.#model, before);
  }
}

/**
 * @param {VisitOptions} options
 * @param {Mode} mode
 * @param {import('./store.js').StoredVisit|null} kept the visit to come back to
 * @returns {import('./wire.js').Hello}
 */
function hello({ settings, language, token }, mode, kept) {
  const parent = parentOrigin();
  return {
    type: 'hello',
    v: 1,
    mode,
    lang: language,
    ...(token !== null && { token }),
    ...(kept !== null && { sid: kept.sid, resume: kept.resume }),
    ...(settings.greeting !== null && { greeting: settings.greeting }),
    ...(parent !== null && { parent }),
  };
}
