// Draws at most once a frame, however many changes come, and less often when drawing takes long: a storm of changes shall not
// keep the page from its reader's scrolling.

export interface FrameDeps {
  now: () => number;
  /** Calls back at the next frame; in a hidden tab that is a while. */
  requestFrame: (call: () => void) => void;
  setTimer: (call: () => void, ms: number) => void;
}

/** The share of the time that drawing may take is one in this many. */
const REST = 4;
const REST_MAX_MS = 1_000;

/** Gives a function that asks for a drawing. */
export function drawSeldom(draw: () => void, { now, requestFrame, setTimer }: FrameDeps): () => void {
  let isAsked = false;
  let notBeforeMs = 0;
  const drawNow = (): void => {
    isAsked = false;
    const startMs = now();
    draw();
    const tookMs = now() - startMs;
    notBeforeMs = startMs + tookMs + Math.min(REST_MAX_MS, tookMs * REST);
  };
  return () => {
    if (isAsked) return;
    isAsked = true;
    const waitMs = notBeforeMs - now();
    if (waitMs > 0) setTimer(() => requestFrame(drawNow), waitMs);
    else requestFrame(drawNow);
  };
}
