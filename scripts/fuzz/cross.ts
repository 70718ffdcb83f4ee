/** Makes inputs out of two others. */

import type { Random } from './random';

/** Lines of one, then lines of the other, or some of the other between those of the first. */
export function crossLines(input: string, other: string, random: Random): string {
  const [lines, others] = [input.split('\n'), other.split('\n')];
  const [at, from] = [random.below(lines.length + 1), random.below(others.length + 1)];
  const taken = others.slice(from, from + 1 + random.below(random.once(3) ? others.length : 3));
  const end = random.pick([at, at + random.below(3), lines.length]);
  return [...lines.slice(0, at), ...taken, ...lines.slice(end)].join('\n');
}

/** Two texts of JSON; each list and each object has parts of both. */
export function crossJson(input: string, other: string, random: Random): string {
  return JSON.stringify(cross(JSON.parse(input), JSON.parse(other), random));
}

function cross(one: unknown, other: unknown, random: Random): unknown {
  if (Array.isArray(one) && Array.isArray(other)) {
    const all = random.once(2)
      ? [...one, ...other]
      : one.map((item, i) => (random.once(3) ? (other[i] ?? item) : item));
    // Something out of order, something twice, something left out.
    return all.flatMap((item) => {
      if (random.once(8)) return [];
      const next = random.once(8) ? cross(item, random.pick(all), random) : item;
      return random.once(8) ? [next, random.pick(all)] : [next];
    });
  }
  if (isObject(one) && isObject(other)) {
    const names = Object.keys({ ...one, ...other });
    return Object.fromEntries(names.map((name) => [name, crossEntry(one, other, name, random)]));
  }
  return random.once(2) ? one : other;
}

function crossEntry(one: Plain, other: Plain, name: string, random: Random): unknown {
  if (!(name in one)) return other[name];
  if (!(name in other) || random.once(2)) return one[name];
  return cross(one[name], other[name], random);
}

type Plain = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
