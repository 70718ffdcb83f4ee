/** How long to wait before a crashed server is started again. */

export interface Backoff {
  /** Milliseconds to wait after a crash at `now`; undefined when it crashes too often. */
  next(now: number): number | undefined;
  reset(): void;
}

const FIRST_MS = 1000;
const WINDOW_MS = 180_000;
const MAX_CRASHES = 5;

/** Doubles the wait with each crash within three minutes, and gives up after five. */
export function createBackoff(): Backoff {
  let crashes: number[] = [];
  return {
    next(now) {
      crashes = crashes.filter((one) => now - one < WINDOW_MS);
      crashes.push(now);
      return MAX_CRASHES < crashes.length ? undefined : FIRST_MS * 2 ** (crashes.length - 1);
    },
    reset() {
      crashes = [];
    },
  };
}
