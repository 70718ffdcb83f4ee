/** `--shard I/N`: a share of the files, so that several machines can split a tree. */

import { UsageError } from './usage';

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

export function parseShard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (!match || index < 1 || count < index) {
    throw new UsageError(`'${text}' is no shard; write it as 2/5: the second of five shares`);
  }
  return { index, count };
}

/** Every N-th element: neighbours are alike, so each share has of all kinds. */
export function shareOf<T>(all: readonly T[], { index, count }: Shard): readonly T[] {
  return all.filter((_one, at) => at % count === index - 1);
}
