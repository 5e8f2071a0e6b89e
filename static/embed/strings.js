/** Every word that the page itself says. A further language is a further table. */

/** BCP 47 tag of the language of the table below. */
export const LANGUAGE = 'en';

const ENGLISH = {
  'start.voice': 'Start talking',
  'start.text': 'Type instead',
  'start.text.only': 'Start chatting',
  'start.continue': 'Continue',
  'start.again': 'Start again',
  'start.over': 'Start over',
  'start.hint': 'Your browser will ask for the microphone. Nothing is heard before you allow it.',
  'start.hint.text': 'No microphone is used.',
  'start.back': 'Welcome back. Your conversation is still here.',
  'start.gone': 'Your earlier conversation is over. You can start a new one.',
  'role.agent': 'AI assistant',
  'disclosure.days': 'You are talking to an AI. Transcripts are kept for {days} days.',
  'disclosure.day': 'You are talking to an AI. Transcripts are kept for one day.',
  'disclosure.none': 'You are talking to an AI. Transcripts are not kept.',
  'language.voice': 'Hearing and voice are in {languages} here. You can also type.',

  'connecting.title': 'Connecting',
  'connecting.microphone': 'Allow the microphone when your browser asks',
  'connecting.server': 'Reaching {name}',
  'connecting.media': '{name} is coming on screen',
  'connecting.cancel': 'Cancel',
  'connecting.step.microphone': 'Microphone',
  'connecting.step.server': 'Connection',
  'connecting.step.media': 'Picture and sound',

  'status.idle': 'Ready',
  'status.listening': 'Listening',
  'status.thinking': 'Thinking',
  'status.speaking': 'Speaking',
  'status.writing': 'Writing',
  'status.muted': 'Muted',
  'status.reconnecting': 'Reconnecting',

  'control.speaker.mute': 'Mute sound',
  'control.volume': 'Volume',
  'control.mic': 'Mute microphone',
  'control.captions': 'Captions',
  'control.transcript': 'Transcript',
  'control.close': 'Close transcript',
  'control.end': 'End conversation',
  'control.talk': 'Talk instead',
  'control.unmute': 'Tap to hear {name}',
  'composer.label': 'Message to {name}',
  'composer.placeholder': 'Type a message',
  'composer.send': 'Send',
  'composer.stop': 'Stop {name}',

  'transcript.title': 'Transcript',
  'transcript.empty': 'What is said appears here.',
  'transcript.you': 'You',
  'transcript.interrupted': 'interrupted',
  'region.face': 'Conversation with {name}',
  'region.controls': 'Conversation controls',

  'notice.reconnecting': 'The connection dropped. Reconnecting, your conversation is kept.',
  'notice.lost': 'Picture and sound stopped. Bringing them back.',
  'notice.blocked':
    'Your network lets no picture or sound through. Carry on in writing; we keep trying.',
  'notice.stalled': 'The picture is stuck. You can still hear {name}.',
  'notice.deaf': '{name} cannot hear here. Type what you want to say.',
  'notice.mute': '{name} has no voice here. Answers are shown as text.',
  'notice.unplugged': 'The microphone was disconnected. Plug it in again, or type.',
  'notice.idle': 'Still there? This ends in {seconds} s.',
  'notice.stay': 'Stay',
  'notice.max': 'Time is nearly up: {seconds} s are left.',
  'notice.provider': '{name} has trouble answering. You can carry on in writing.',
  'notice.too_many': 'That was a little fast. Wait a moment and send it again.',
  'notice.too_large': 'That message was too long to send.',
  'notice.unsent': 'Something did not go through. Please send it again.',

  'ended.title': 'Conversation ended',
  'ended.visitor': 'You ended the conversation.',
  'ended.idle': 'It was quiet for a while, so the conversation was closed.',
  'ended.max_length': 'It reached the longest time that a conversation may take.',
  'ended.quota': 'The assistant has talked enough for today. Please come back tomorrow.',
  'ended.taken_over.title': 'Continued elsewhere',
  'ended.taken_over': 'This conversation went on in another tab or window.',
  'ended.here': 'Continue here',
  'ended.network': 'The connection was gone for too long.',
  'ended.operator': 'The operator of this service ended the conversation.',
  'ended.error': 'Something went wrong on our side.',
  'ended.shutdown': 'The service is restarting. You can start again in a moment.',
  'ended.server_lost': 'The service stopped unexpectedly. You can start again.',
  'ended.expired': 'The time to join this conversation ran out.',
  'ended.transcript': 'Transcript',

  'action.retry': 'Try again',
  'action.retry.now': 'Try now',
  'action.type': 'Type instead',
  'error.wait': 'Trying again in {seconds} s.',
  'error.code': 'Code: {code}',
  'error.site': 'this site',

  'mic_denied.title': 'Microphone blocked',
  'mic_denied': 'Your browser blocks the microphone for {site}.',
  'mic_denied.step.1': 'Select the icon beside the address bar.',
  'mic_denied.step.2': 'Allow the microphone for {site}, then try again.',
  'mic_blocked_by_policy.title': 'No microphone on this page',
  'mic_blocked_by_policy':
    'This page does not let the assistant use the microphone. You can type instead.',
  'mic_not_found.title': 'No microphone found',
  'mic_not_found': 'Connect a microphone and try again, or type instead.',
  'mic_busy.title': 'Microphone in use',
  'mic_busy':
    'Another program holds the microphone. Close it and try again, or type instead.',
  'insecure_context.title': 'Microphone needs a secure page',
  'insecure_context':
    'Browsers allow the microphone only on pages opened over https. Open {site} with https, or type instead.',
  'webrtc_missing.title': 'Calls are switched off',
  'webrtc_missing':
    'This browser cannot make calls, or they are switched off in it. You can type instead.',
  'sandboxed.title': 'Blocked by the page around it',
  'sandboxed':
    'This page isolates the assistant so strictly that it cannot connect. Its owner needs to allow “allow-same-origin” in the frame’s sandbox.',
  'mic_sandboxed':
    'This page isolates the assistant so strictly that it cannot use the microphone. You can type instead.',

  'network_lost.title': 'No connection',
  'network_lost': 'We could not reach the service. Check your internet connection and try again.',
  'network_lost.kept':
    'We could not get the connection back. Your conversation is kept for a short while.',
  'SESSION_LIMIT.title': '{name} is in conversation',
  'SESSION_LIMIT': 'All places are taken at the moment. One will be free soon.',
  'NO_AVAILABLE_WORKERS.title': 'Very busy right now',
  'NO_AVAILABLE_WORKERS': 'The service has as many conversations as it can hold well.',
  'RATE_LIMITED.title': 'Too many starts',
  'RATE_LIMITED': 'Many conversations were started from here in a short time. Wait a little.',
  'quota.title': 'Not available for now',
  'quota': '{name} has no talking time left at present. Please come back later.',
  'token_missing.title': 'Invitation needed',
  'token_missing':
    '{name} talks to invited visitors only. Open the assistant from the page that invited you.',
  'token_invalid.title': 'This invitation does not fit',
  'token_invalid':
    'The link to this conversation is not valid. Open the assistant again from its page.',
  'token_expired.title': 'Session link expired',
  'token_expired':
    'The link to this conversation has expired. Reload the page to get a fresh one.',
  'agent_unavailable.title': 'Unavailable',
  'agent_unavailable': 'This assistant is not available at the moment.',
  'ended_by_operator.title': 'Conversation ended',
  'ended_by_operator': 'The operator of this service ended the conversation.',
  'session_over.title': 'Conversation over',
  'session_over': 'This conversation is over. You can start a new one.',
  'shutdown.title': 'Restarting',
  'shutdown': 'The service is restarting and will be back in a moment.',
  'internal.title': 'Something went wrong',
  'internal': 'That is on our side. Please try again.',
};

/** @typedef {keyof typeof ENGLISH} TextKey */

/**
 * @param {TextKey} key
 * @param {Readonly<Record<string, string|number>>} [values] for the `{places}` in the text
 * @returns {string}
 */
export function text(key, values = {}) {
  return ENGLISH[key].replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

/**
 * @param {string} key
 * @returns {key is TextKey}
 */
export function isTextKey(key) {
  return Object.hasOwn(ENGLISH, key);
}

/**
 * Names of languages as the page's own language calls them, for example "English and French".
 * @param {readonly string[]} tags
 */
export function languageNames(tags) {
  const names = new Intl.DisplayNames([LANGUAGE], { type: 'language' });
  const list = new Intl.ListFormat([LANGUAGE], { type: 'conjunction' });
  return list.format(tags.map((tag) => names.of(tag) ?? tag));
}

/** @param {string} tag @returns {'ltr'|'rtl'} */
export function direction(tag) {
  return /^(ar|arc|ckb|dv|fa|ha-Arab|he|iw|ks|ku-Arab|ps|sd|ug|ur|yi)(-|$)/i.test(tag)
    ? 'rtl'
    : 'ltr';
}
