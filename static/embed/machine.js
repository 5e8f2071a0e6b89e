/**
 * The one state machine of a visit. Pure: a model and an event give the next model; everything
 * that is drawn, sent or stored follows from the models. An event that the present state does not
 * know changes nothing and gives back the same object.
 */

/** @typedef {'idle'|'connecting'|'live'|'reconnecting'|'ended'|'error'} State */
/** @typedef {'voice'|'text'} Mode */
/** @typedef {'microphone'|'server'|'media'} Step what a connecting visit waits for */
/** @typedef {'none'|'connecting'|'live'|'lost'|'blocked'} Media */
/** @typedef {'idle'|'listening'|'thinking'|'speaking'} AgentState */

/**
 * @typedef {object} Model
 * @property {State} state
 * @property {Mode} mode
 * @property {Step|null} step
 * @property {Media} media
 * @property {AgentState} agent
 * @property {string|null} reason why the visit ended
 * @property {string|null} error code of what failed
 * @property {number|null} retryAfterS seconds until a retry makes sense, as the server said
 * @property {boolean} visited whether the server has accepted this visit at least once
 */

/**
 * @typedef {{type:'start', mode:Mode}
 *   | {type:'microphone_ready'}
 *   | {type:'welcome', mode:Mode}
 *   | {type:'mode', mode:Mode}
 *   | {type:'media', media:Media}
 *   | {type:'agent', agent:AgentState}
 *   | {type:'socket_lost'}
 *   | {type:'failed', error:string, retryAfterS:number|null}
 *   | {type:'ended', reason:string}
 *   | {type:'reset'}} MachineEvent
 */

/** @type {Readonly<Model>} */
export const INITIAL = Object.freeze({
  state: 'idle',
  mode: 'voice',
  step: null,
  media: 'none',
  agent: 'idle',
  reason: null,
  error: null,
  retryAfterS: null,
  visited: false,
});

/**
 * Which events each state listens to.
 * @type {Readonly<Record<State, ReadonlySet<MachineEvent['type']>>>}
 */
const LISTENS = {
  idle: new Set(/** @type {const} */ (['start', 'failed'])),
  connecting: new Set(
    /** @type {const} */ ([
      'microphone_ready', 'welcome', 'media', 'agent', 'socket_lost', 'failed', 'ended', 'reset',
    ]),
  ),
  live: new Set(
    /** @type {const} */ ([
      'welcome', 'mode', 'media', 'agent', 'socket_lost', 'failed', 'ended',
    ]),
  ),
  reconnecting: new Set(/** @type {const} */ (['welcome', 'media', 'agent', 'failed', 'ended'])),
  ended: new Set(/** @type {const} */ (['start', 'reset'])),
  error: new Set(/** @type {const} */ (['start', 'reset'])),
};

/**
 * @param {Readonly<Model>} model
 * @param {MachineEvent} event
 * @returns {Readonly<Model>} the next model, or `model` itself when nothing changes
 */
export function next(model, event) {
  if (!LISTENS[model.state].has(event.type)) return model;
  const changes = react(model, event);
  const keys = /** @type {(keyof Model)[]} */ (Object.keys(changes));
  if (keys.every((key) => model[key] === changes[key])) return model;
  return Object.freeze({ ...model, ...changes });
}

/**
 * @param {Readonly<Model>} model
 * @param {MachineEvent} event
 * @returns {Partial<Model>}
 */
function react(model, event) {
  switch (event.type) {
    case 'start': {
      const step = event.mode === 'voice' ? 'microphone' : 'server';
      return { ...INITIAL, state: 'connecting', mode: event.mode, step };
    }
    case 'microphone_ready':
      return { step: 'server' };
    case 'welcome':
      return welcome(model, event.mode);
    case 'mode':
      return event.mode === 'voice' ? { mode: 'voice' } : { mode: 'text', media: 'none' };
    case 'media':
      return media(model, event.media);
    case 'agent':
      return { agent: event.agent };
    case 'socket_lost':
      return model.state === 'live' ? { state: 'reconnecting' } : { step: 'server' };
    case 'failed':
      return {
        state: 'error', step: null, media: 'none', agent: 'idle',
        error: event.error, retryAfterS: event.retryAfterS,
      };
    case 'ended':
      return { state: 'ended', step: null, media: 'none', agent: 'idle', reason: event.reason };
    case 'reset':
      return { ...INITIAL };
  }
}

/**
 * A text visit lives as soon as the server accepts it; a spoken one when its first picture shows,
 * or at once when it has lived before.
 * @param {Readonly<Model>} model
 * @param {Mode} mode
 * @returns {Partial<Model>}
 */
function welcome(model, mode) {
  if (mode === 'text') return { state: 'live', mode, step: null, media: 'none', visited: true };
  if (model.state === 'connecting') return { mode, step: 'media', media: 'connecting', visited: true };
  return { state: 'live', mode, step: null, visited: true };
}

/**
 * @param {Readonly<Model>} model
 * @param {Media} value
 * @returns {Partial<Model>}
 */
function media(model, value) {
  if (model.mode === 'text') return {};
  const settled = model.state === 'connecting' && (value === 'live' || value === 'blocked');
  return settled ? { state: 'live', step: null, media: value } : { media: value };
}

/**
 * Whether the conversation is read and typed rather than heard: chosen so, or media cannot pass.
 * @param {Readonly<Model>} model
 */
export function inWriting(model) {
  return model.mode === 'text' || model.media === 'blocked';
}
