/** Finding and filling elements. Text only ever goes in as text. */
import { LANGUAGE, isTextKey, text } from './strings.js';

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 * @throws {Error} the page has no such element
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`#${id} is not a ${kind.name}`);
  return element;
}

/** @param {string} id */
export function button(id) {
  return byId(id, HTMLButtonElement);
}

/** @param {string} id */
export function block(id) {
  return byId(id, HTMLElement);
}

/**
 * @param {Element} holder an `<svg class="icon">` or an element with one inside
 * @param {string} name of a symbol of the sprite, without its `i-`
 */
export function setIcon(holder, name) {
  holder.querySelector('use')?.setAttribute('href', `#i-${name}`);
}

/** @param {string} name of a symbol of the sprite */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.classList.add('icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(space, 'use'));
  setIcon(svg, name);
  return svg;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [content]
 */
export function make(tag, className, content = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = content;
  return element;
}

/**
 * An element for words of the conversation, in their language and direction.
 * @param {string} className
 * @param {string} language
 */
export function makeWords(className, language) {
  const words = make('span', className);
  words.lang = language;
  words.dir = 'auto';
  return words;
}

/**
 * Put the page's own words in, and mark their language where the conversation is in another one.
 * @param {Readonly<Record<string, string>>} values
 * @param {string} language of the conversation
 */
export function localise(values, language) {
  if (language.split('-')[0] !== LANGUAGE) block('app').lang = LANGUAGE;
  for (const attribute of ['data-t', 'data-t-label', 'data-t-placeholder']) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      const key = element.getAttribute(attribute) ?? '';
      if (!isTextKey(key)) throw new Error(`no text ${key}`);
      fill(element, attribute, text(key, values));
    }
  }
}

/**
 * @param {Element} element
 * @param {string} attribute
 * @param {string} words
 */
function fill(element, attribute, words) {
  if (attribute === 'data-t') element.textContent = words;
  else if (attribute === 'data-t-placeholder') element.setAttribute('placeholder', words);
  else {
    element.setAttribute('aria-label', words);
    if (element instanceof HTMLButtonElement) element.title = words;
  }
}
