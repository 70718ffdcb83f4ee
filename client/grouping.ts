/** Findings sorted into groups; plain data, so that tests need no editor. */

export interface FoundProblem {
  /** URI. */
  readonly file: string;
  /** As the user reads it, such as `drivers/foo.c`. */
  readonly path: string;
  /** From 0. */
  readonly line: number;
  readonly character: number;
  readonly severity: number;
  readonly message: string;
  readonly rule: string;
  readonly function: string;
  readonly breaksOn: readonly string[];
}

export type Grouping = 'rule' | 'file' | 'platform';

export const GROUPINGS: readonly Grouping[] = ['rule', 'file', 'platform'];

export interface Group {
  readonly key: string;
  readonly problems: readonly FoundProblem[];
}

/** Findings that no platform has a say in. */
export const EVERY_PLATFORM = 'every platform';

/** Groups by name; inside, by file and place. A finding stands in each platform's group that it breaks on. */
export function group(problems: readonly FoundProblem[], by: Grouping): readonly Group[] {
  const groups = new Map<string, FoundProblem[]>();
  for (const problem of sorted(problems)) {
    for (const key of keysOf(problem, by)) groups.set(key, [...(groups.get(key) ?? []), problem]);
  }
  return [...groups].map(([key, found]) => ({ key, problems: found })).sort((a, b) => compare(a.key, b.key));
}

function keysOf(problem: FoundProblem, by: Grouping): readonly string[] {
  if (by === 'rule') return [problem.rule];
  if (by === 'file') return [problem.path];
  return 0 < problem.breaksOn.length ? problem.breaksOn : [EVERY_PLATFORM];
}

/** In the order of reading: by file, then by place. */
export function sorted(problems: readonly FoundProblem[]): readonly FoundProblem[] {
  return [...problems].sort(
    (a, b) => compare(a.path, b.path) || a.line - b.line || a.character - b.character || compare(a.rule, b.rule),
  );
}

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly character: number;
}

/** The finding after (1) or before (-1) a place; past the last comes the first. Without a place, the first or last. */
export function neighbour(
  problems: readonly FoundProblem[],
  from: Place | undefined,
  step: 1 | -1,
): FoundProblem | undefined {
  const all = sorted(problems);
  const inOrder = step === 1 ? all : [...all].reverse();
  if (!from) return inOrder[0];
  const path = all.find((one) => one.file === from.file)?.path;
  if (path === undefined) return inOrder[0];
  const isBeyond = (one: FoundProblem) => {
    const order = compare(one.path, path) || one.line - from.line || one.character - from.character;
    return 0 < order * step;
  };
  return inOrder.find(isBeyond) ?? inOrder[0];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : b < a ? 1 : 0;
}
