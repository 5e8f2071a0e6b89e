// What the tests measure inside the frame: sound, mouth and frames of the call, on clones, so that
// nothing of what the visitor gets is changed. Runs before the page's own scripts.
(() => {
  const EVERY_MS = 40;
  const QUIET = 0.01;
  const peers = [];
  const samples = [];
  const pictures = [];
  let started = false;
  let audio = null;
  let ear = null;
  let mouthpiece = null;
  let pose = null;

  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
  });

  const Native = globalThis.RTCPeerConnection;
  if (Native !== undefined) {
    globalThis.RTCPeerConnection = class extends Native {
      constructor(...options) {
        super(...options);
        peers.push(this);
      }
    };
  }

  const face = () => document.getElementById('face');
  const now = () => performance.now() / 1000;

  /** The loudness of a track through a clone of it; follows when the track is replaced. */
  class Meter {
    constructor(track) {
      this.track = track;
      this.analyser = audio.createAnalyser();
      this.analyser.fftSize = 2048;
      this.source = audio.createMediaStreamSource(new MediaStream([track.clone()]));
      this.source.connect(this.analyser);
      this.data = new Float32Array(2048);
    }

    level() {
      this.analyser.getFloatTimeDomainData(this.data);
      return Math.sqrt(this.data.reduce((sum, one) => sum + one * one, 0) / this.data.length);
    }
  }

  function follow(meter, track) {
    if (track === undefined || track === null) return meter;
    if (meter !== null && meter.track === track) return meter;
    meter?.source.disconnect();
    return new Meter(track);
  }

  function live() {
    return peers.findLast((peer) => peer.connectionState !== 'closed');
  }

  function sample() {
    const own = live()?.getSenders().find((sender) => sender.track?.kind === 'audio')?.track;
    ear = follow(ear, face()?.srcObject?.getAudioTracks()[0]);
    mouthpiece = follow(mouthpiece, own);
    samples.push({
      at: now(),
      heard: ear?.level() ?? 0,
      said: mouthpiece?.level() ?? 0,
      agent: document.documentElement.dataset.agentState,
      status: document.getElementById('status')?.textContent ?? '',
      caption: document.getElementById('captions')?.textContent ?? '',
    });
  }

  /** The mean difference of two pictures' luma, which green stands for. */
  function difference(one, other) {
    let sum = 0;
    for (let index = 1; index < one.length; index += 4) sum += Math.abs(one[index] - other[index]);
    return sum / (one.length / 4);
  }

  /** Compares one region of each shown picture with the one before, and with the pose held. */
  function look(region) {
    const width = 64;
    const height = Math.round((64 * region.height) / region.width);
    const canvas = new OffscreenCanvas(width, height);
    const drawing = canvas.getContext('2d', { willReadFrequently: true });
    let before = null;
    const next = () => {
      const video = face();
      const { x, y, width: w, height: h } = region;
      const [fullW, fullH] = [video.videoWidth, video.videoHeight];
      drawing.drawImage(video, x * fullW, y * fullH, w * fullW, h * fullH, 0, 0, width, height);
      const { data } = drawing.getImageData(0, 0, width, height);
      pose ??= data;
      if (before !== null) {
        pictures.push({ at: now(), change: difference(data, before), away: difference(data, pose) });
      }
      before = data;
      video.requestVideoFrameCallback(next);
    };
    face().requestVideoFrameCallback(next);
  }

  globalThis.probe = {
    samples,
    pictures,
    peers,
    quiet: QUIET,
    /** Begin to measure; `region` of the picture is in shares of its size. */
    start(region) {
      if (started) return;
      started = true;
      audio = new AudioContext();
      look(region);
      setInterval(sample, EVERY_MS);
    },
    /** Compare what follows with the next picture. */
    hold() {
      pose = null;
    },
    async stats() {
      const found = {};
      const report = (await live()?.getStats()) ?? new Map();
      report.forEach((entry) => {
        if (entry.type === 'inbound-rtp') found[entry.kind] = { ...entry };
      });
      return found;
    },
  };
})();
