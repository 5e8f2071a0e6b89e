/**
 * What the address of the page may say. Values that do not fit fall back to the default with a
 * warning; names that nobody knows are ignored with one; words, identities and instructions are
 * refused, since anybody can write an address and they would appear as ours.
 */

/**
 * @typedef {object} Settings
 * @property {string} lang BCP 47 tag, or `auto`
 * @property {'auto'|'light'|'dark'} theme
 * @property {'voice'|'text'|'hybrid'} mode
 * @property {boolean} captions
 * @property {'click'|'preconnect'|'muted'} start
 * @property {boolean|null} greeting null leaves it to the agent
 */

/** @type {Readonly<Settings>} */
export const DEFAULTS = Object.freeze({
  lang: 'auto',
  theme: 'auto',
  mode: 'hybrid',
  captions: true,
  start: 'click',
  greeting: null,
});

/** @typedef {(settings: Settings, value: string) => boolean} Setter false: the value does not fit */

/**
 * @template {keyof Settings} K
 * @param {K} name
 * @param {Record<string, Settings[K]>} values
 * @returns {Setter}
 */
function oneOf(name, values) {
  return (settings, value) => {
    const key = value.toLowerCase();
    if (!Object.hasOwn(values, key)) return false;
    settings[name] = /** @type {Settings[K]} */ (values[key]);
    return true;
  };
}

/** @type {Setter} */
function setLanguage(settings, value) {
  if (value.toLowerCase() === 'auto') {
    settings.lang = 'auto';
    return true;
  }
  try {
    const [tag] = value.length <= 35 ? Intl.getCanonicalLocales(value) : [];
    if (tag === undefined) return false;
    settings.lang = tag;
    return true;
  } catch {
    return false; // RangeError: not a language tag
  }
}

const THEMES = /** @type {const} */ ({ auto: 'auto', light: 'light', dark: 'dark' });

/** @type {Readonly<Record<string, Setter>>} */
const KNOWN = {
  lang: setLanguage,
  theme: oneOf('theme', THEMES),
  mode: oneOf('mode', { voice: 'voice', text: 'text', hybrid: 'hybrid' }),
  captions: oneOf('captions', { on: true, off: false, 1: true, 0: false }),
  start: oneOf('start', { click: 'click', preconnect: 'preconnect', muted: 'muted' }),
  greeting: oneOf('greeting', { 1: true, 0: false }),
  chat_mode: oneOf('mode', { text: 'text', voice: 'voice', video: 'hybrid' }),
  embed_theme: oneOf('theme', THEMES),
  greetingLang: setLanguage,
};

/** Older names of a setting: they lose against the setting's own name. */
const ALIASES = new Set(['chat_mode', 'embed_theme', 'greetingLang']);

const REFUSED = new Set([
  'greetingMsg', 'welcomeMsg', 'suggestedQuestions', 'end_user_id', 'endUserId', 'visitor_id',
  'fingerprint', 'prompt', 'llm', 'voice', 'system', 'webhook', 'poster', 'model_url',
]);

const LATER = new Set([
  'accent', 'bg', 'radius', 'layout', 'fit', 'focus', 'mic', 'camera', 'transcript', 'controls',
  'preload', 'consent', 'parent', 'ref', 'model', 'v', 'debug', 'theme_color', 'deployment',
  'rendering_mode', 'render', 'sid',
]);

/**
 * @param {string} search the query of the address, with or without its question mark
 * @returns {{settings: Settings, warnings: string[]}} warnings name the parameter and never repeat
 *   a refused one's value
 */
export function readSettings(search) {
  const settings = { ...DEFAULTS };
  /** @type {string[]} */
  const warnings = [];
  const entries = [...new URLSearchParams(search)].filter(([name]) => name !== 'token');
  entries.sort(([a], [b]) => Number(ALIASES.has(b)) - Number(ALIASES.has(a)));
  for (const [name, value] of entries) {
    const warning = apply(settings, name, value);
    if (warning !== null) warnings.push(warning);
  }
  return { settings, warnings };
}

/**
 * @param {Settings} settings
 * @param {string} name
 * @param {string} value
 * @returns {string|null} a warning
 */
function apply(settings, name, value) {
  if (REFUSED.has(name)) {
    return `"${name}" is refused in the address: it is honoured only inside a signed token.`;
  }
  if (LATER.has(name)) return `"${name}" is not supported by this version and is ignored.`;
  const set = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  if (set === undefined) return `"${name.slice(0, 64)}" is not a parameter of this page; it is ignored.`;
  if (set(settings, value)) return null;
  return `"${name}" does not take "${value.slice(0, 64)}"; the default is used.`;
}

/**
 * Take the token out of the address. The query form would stay in the history and in what the
 * visitor copies, so it is removed at once; the fragment never leaves the browser and lets a
 * reload begin again.
 * @param {Location} location
 * @param {History} history
 * @returns {string|null}
 */
export function takeToken(location, history) {
  const query = new URLSearchParams(location.search);
  const fragment = new URLSearchParams(location.hash.slice(1)).get('token');
  const token = fragment || query.get('token');
  if (query.has('token')) {
    query.delete('token');
    const rest = query.toString();
    history.replaceState(history.state, '', location.pathname + (rest && `?${rest}`) + location.hash);
  }
  return token || null;
}
