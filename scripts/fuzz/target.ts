/** One area to fuzz. */

import type { Random } from './random';

export interface Target {
  /** Makes an input from a seed's random choices; the same seed, the same input. */
  make(random: Random): string;
  /** Makes an input from two others. */
  vary(input: string, other: string, random: Random): string;
  /** Feeds it in; throws `Broken` or whatever escapes when a promise is broken. */
  feed(input: string, random: Random): void | Promise<void>;
}

/** A promise that was broken. */
export class Broken extends Error {}

export function must(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new Broken(promise);
}
