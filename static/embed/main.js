/** Puts the page together: its settings, its parts, and what the visitor's hands do. */
import { drawStart } from './cards.js';
import { Composer } from './composer.js';
import { readConfig, speaksOneOf } from './config.js';
import { block, button, byId, setIcon } from './dom.js';
import { cardOf, View } from './view.js';
import { inWriting } from './machine.js';
import { readSettings, takeToken } from './params.js';
import { VisitStore, ownerOf } from './store.js';
import { direction } from './strings.js';
import { Visit } from './visit.js';

const config = readConfig(block('app'));
const { settings, warnings } = readSettings(globalThis.location.search);
const token = takeToken(globalThis.location, globalThis.history);
for (const warning of warnings) console.warn(`Parley: ${warning}`);

// The others are fallbacks for reading: most browsers list English there, spoken or not.
const wanted = settings.lang === 'auto' ? navigator.languages.slice(0, 1) : [settings.lang];
const language =
  settings.lang === 'auto'
    ? (wanted.find((tag) => speaksOneOf(config.languages, [tag])) ?? config.language)
    : settings.lang;
const root = document.documentElement;
root.lang = language;
root.dir = direction(language);
if (settings.theme !== 'auto') root.dataset.theme = settings.theme;

const store = new VisitStore(config.code);
const claimed = store.claim();
if (store.anyKept) await claimed; // else nothing that is drawn depends on it
const earlier = store.load();
// A token of somebody else means that another person sits here now.
if (earlier !== null && token !== null && earlier.owner !== ownerOf(token)) store.clear();

const face = byId('face', HTMLVideoElement);
const view = new View(config, language, settings.mode === 'text');
const visit = new Visit({
  config,
  settings,
  language,
  token,
  store,
  view,
  onChange: (model, before) => {
    composer.setSpeaking(model.agent === 'speaking' || model.agent === 'thinking');
    if (model.state === 'idle') drawIdle(false);
    const shown = cardOf(model) !== cardOf(before) || inWriting(model) !== inWriting(before);
    if (shown && document.hasFocus()) moveFocus();
  },
  onGone: () => drawIdle(true),
});
const composer = new Composer(
  (words) => {
    store.permit();
    return visit.say(words);
  },
  () => visit.interrupt(),
);

/** @param {boolean} gone the earlier visit is over */
function drawIdle(gone) {
  const kept = store.load() !== null;
  drawStart(config, settings.mode, { kept, understood: speaksOneOf(config.languages, wanted), gone });
}

function moveFocus() {
  const card = cardOf(visit.model);
  if (card === 'start') {
    /** @type {HTMLElement|null} */ (block('start').querySelector('button:not([hidden])'))?.focus();
  } else if (card !== null) block(`${card}-title`).focus();
  else if (inWriting(visit.model)) composer.focus();
  else block('bar').focus();
}

/**
 * @param {string} id
 * @param {() => void} act
 */
function onClick(id, act) {
  button(id).addEventListener('click', () => {
    store.permit();
    act();
  });
}

const resume = () => void visit.start(store.load()?.mode ?? 'voice', { resume: true });
onClick('start-voice', () => void visit.start('voice'));
onClick('start-text', () => void visit.start('text'));
onClick('continue', resume);
onClick('here', resume);
onClick('start-over', () => {
  store.clear();
  drawIdle(false);
  moveFocus();
});
onClick('restart', () => void visit.start(visit.model.mode));
onClick('retry', () => visit.retry());
onClick('type-instead', () => void visit.start('text', { resume: true }));
onClick('cancel', () => visit.cancel());
onClick('end', () => visit.end());
onClick('talk', () => void visit.talk());
onClick('mute', () => visit.toggleMicrophone());
onClick('captions-toggle', () => visit.toggleCaptions());
onClick('unmute', () => void visit.unmute());
onClick('drawer-close', () => closeDrawer());
for (const id of ['transcript-toggle', 'ended-transcript']) {
  onClick(id, () => visit.showDrawer(!visit.drawerOpen));
}

function closeDrawer() {
  visit.showDrawer(false);
  button(visit.model.state === 'ended' ? 'ended-transcript' : 'transcript-toggle').focus();
}

const volume = byId('volume', HTMLInputElement);
function drawVolume() {
  const silent = face.muted || face.volume === 0;
  button('speaker').setAttribute('aria-pressed', String(silent));
  setIcon(button('speaker'), silent ? 'speaker-off' : 'speaker');
  volume.value = String(silent ? 0 : Math.round(face.volume * 100));
}
onClick('speaker', () => {
  if (face.volume === 0) face.volume = 1;
  else face.muted = !face.muted;
  if (!face.muted) void visit.unmute();
});
volume.addEventListener('input', () => {
  face.volume = Number(volume.value) / 100;
  face.muted = face.volume === 0;
});
face.addEventListener('volumechange', drawVolume);

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
  if (visit.drawerOpen) closeDrawer();
  else if (visit.model.agent === 'speaking') visit.interrupt();
});
// A page that comes back from the browser's memory has lost its call; a fresh one resumes it.
globalThis.addEventListener('pageshow', (event) => {
  if (event.persisted) globalThis.location.reload();
});

// Before any click the visit lives with its page: nothing leads back to it.
globalThis.addEventListener('pagehide', () => {
  if (!store.permitted) visit.leave();
});

/** Begin by itself, without microphone and sound, as soon as somebody sees the page. */
function watch() {
  if (document.visibilityState !== 'visible') {
    return document.addEventListener('visibilitychange', watch, { once: true });
  }
  if (visit.model.state !== 'idle') return;
  const moving = settings.mode !== 'text' && 'RTCPeerConnection' in globalThis;
  void visit.start(moving ? 'voice' : 'text', { resume: true, watching: moving });
}

drawIdle(false);
if (store.load()?.mode === 'text') resume();
else if (settings.start === 'muted') watch();
else if (settings.start === 'preconnect') void visit.warm();
