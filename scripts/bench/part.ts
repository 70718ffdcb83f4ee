/** What the benchmark is made of: parts that measure, rows that they return. */

/** One figure. `ratio` is the median divided by the baseline, which was measured in the same run. */
export interface Row {
  readonly name: string;
  readonly median: number;
  readonly unit: string;
  readonly baseline?: number;
  readonly ratio?: number;
}

export type Part = () => Promise<readonly Row[]>;

/** The median time of `runs` runs in seconds; the first ones, until the code is warm, do not count. */
export function medianSeconds(work: () => void, runs = 9, warmUps = 2): number {
  for (let i = 0; i < warmUps; i++) work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    work();
    times.push((performance.now() - start) / 1000);
  }
  return median(times);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? Number.NaN, sorted[sorted.length >> 1] ?? Number.NaN];
  return (low + high) / 2;
}

/** A figure next to what it is compared with. */
export function compared(name: string, figure: number, unit: string, baseline: number): Row {
  return { name, median: figure, unit, baseline, ratio: figure / baseline };
}
