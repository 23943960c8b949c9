// Two short sounds, made on the spot: nothing to download, nothing to allow in a content security policy but the page's own script.

/** A note: hertz, start and length in seconds, loudness from 0 to 1. */
type Note = readonly [hertz: number, start: number, length: number, loudness: number];

const NOTES: Readonly<Record<"message" | "sent", readonly Note[]>> = {
  // A rising fourth with a soft fifth above, like a small bell.
  message: [
    [659.25, 0, 0.32, 0.16],
    [880, 0.09, 0.46, 0.18],
    [1318.5, 0.09, 0.3, 0.05],
  ],
  sent: [[587.33, 0, 0.12, 0.07]],
};

let context: AudioContext | null = null;

/** Sounds once; says nothing at all where the browser does not allow it yet or knows no sound. */
export function chime(kind: "message" | "sent"): void {
  if (navigator.userActivation !== undefined && !navigator.userActivation.hasBeenActive) return;
  try {
    context ??= new AudioContext();
  } catch {
    return;
  }
  const audio = context;
  if (audio.state === "running") return play(audio, NOTES[kind]);
  audio.resume().then(
    () => play(audio, NOTES[kind]),
    () => undefined,
  );
}

function play(audio: AudioContext, notes: readonly Note[]): void {
  const now = audio.currentTime + 0.01;
  for (const [hertz, start, length, loudness] of notes) {
    const tone = audio.createOscillator();
    const envelope = audio.createGain();
    tone.type = "sine";
    tone.frequency.value = hertz;
    envelope.gain.setValueAtTime(0.0001, now + start);
    envelope.gain.exponentialRampToValueAtTime(loudness, now + start + 0.012);
    envelope.gain.exponentialRampToValueAtTime(0.0001, now + start + length);
    tone.connect(envelope).connect(audio.destination);
    tone.start(now + start);
    tone.stop(now + start + length + 0.02);
  }
}
