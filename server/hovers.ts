/** What a hover says at a place: asked for one place at a time, since most places are never hovered over. */

import type { Expr } from './code/ir';
import type { FileFacts, FunctionFacts } from './facts/facts';
import type { CallFact } from './facts/flow';
import { type ListFacts, listAt } from './facts/tables';
import type { Value } from './facts/values';
import type { Places } from './places';
import { holds } from './replay/predicates';
import { deviceOf, ratesOf } from './replay/replay';
import { mapFresh } from './replay/spaces';
import type {
  Example,
  PlatformVerdict,
  Predicate,
  RatesByPlatform,
  ReplayQuestion,
  ReplayResult,
} from './replay/types';
import { platform } from './sim/platforms';
import type { Scatterlist } from './sim/types';
import type { Finding, KernelVersion, SourceText, Span } from './types';

/** What a hover shows at a place. */
export interface HoverInfo {
  readonly span: Span;
  /** Function or value the hover is about. */
  readonly title: string;
  /** Plain sentences. */
  readonly text: readonly string[];
  readonly kernel: KernelVersion;
  readonly replay?: ReplayResult;
  /** How often buffers of several sizes fail. */
  readonly rates: RatesByPlatform;
  /** What to draw, the most telling first. */
  readonly pictures: readonly Picture[];
  readonly rule?: string;
}

export interface Picture {
  readonly platform: string;
  readonly example: Example;
  /** `Smallest list that breaks it`. */
  readonly caption: string;
}

export interface HoverSource {
  readonly facts: FileFacts;
  /** By the offsets of the text; the facts have those that `places` tells of. */
  readonly findings: readonly Finding[];
  readonly places: Places;
  readonly ask: (question: ReplayQuestion) => ReplayResult;
}

/** The hover at `offset`; undefined where there is nothing to say. */
export function hoverAt(source: HoverSource, offset: number): HoverInfo | undefined {
  const { kernel } = source.facts;
  const found = overFinding(source, offset) ?? overFacts(source, source.places.inside(offset));
  if (!found) return undefined;
  const { replay } = found;
  return {
    ...found,
    kernel,
    rates: replay ? ratesOf(replay, kernel) : new Map(),
    pictures: replay ? picturesOf(replay, kernel) : [],
  };
}

type Found = Omit<HoverInfo, 'kernel' | 'pictures' | 'rates'>;

function overFinding({ findings }: HoverSource, offset: number): Found | undefined {
  let best: Found | undefined;
  for (const finding of findings) {
    if (!finding.replay) continue;
    const spans = [finding.span, ...finding.related.filter((one) => !one.file).map((one) => one.span)];
    for (const span of spans) {
      if (!contains(span, offset) || (best && length(best.span) <= length(span))) continue;
      const { replay, rule, message } = finding;
      best = { span, title: `${finding.function}()`, text: [message], replay, rule };
    }
  }
  return best;
}

function overFacts(source: HoverSource, offset: number): Found | undefined {
  const found = overCall(source, offset) ?? overCount(source, offset);
  return found && { ...found, span: source.places.ofSpan(found.span) };
}

/** Over the name of a DMA function, of sg_dma_address() and its kin, and of a helper that measures. */
function overCall(source: HoverSource, offset: number): Found | undefined {
  const fn = functionAt(source.facts, offset);
  const call = fn?.flow.calls.find((one) => contains(one.call.nameSpan, offset));
  if (!fn || !call) return undefined;
  const test = fn.contiguity.tests.find((one) => one.helper !== undefined && one.helper === call.call.name);
  const { api } = call;
  const isOwn = api !== undefined && api.name === call.call.name;
  if (!isOwn && !test) return undefined;
  const list = test?.list ?? listOf(fn, call);
  const replay = list && askOf(source, list, { kind: test?.kind ?? 'contiguous-size' });
  const text = isOwn ? [api.doc] : ['Measures how many bytes follow the first DMA address without a hole.'];
  if (list) text.push(`The list: ${list.shape.origin}.`);
  return { span: call.call.nameSpan, title: `${call.call.name}()`, text, ...(replay && { replay }) };
}

/** Over a variable or field that holds a count of entries or segments. */
function overCount(source: HoverSource, offset: number): Found | undefined {
  const fn = functionAt(source.facts, offset);
  const text = source.facts.source;
  const word = fn && wordAt(text, offset);
  if (!word) return undefined;
  const name = text.slice(word.start, word.end);
  for (const map of fn.flow.calls) {
    if (map.api?.role !== 'map' || map.api.name !== map.call.name) continue;
    const list = map.list && listAt(fn.flow, map.list);
    if (!list || list.isOneEntry) continue;
    const given = map.api.count === undefined ? undefined : map.call.args[map.api.count];
    const isField = name === 'nents' || name === 'orig_nents';
    const isGiven = lastName(given) === name || (map.api.table !== undefined && name === 'orig_nents');
    const isMapped = holderOf(fn, map) === name || (map.api.table !== undefined && name === 'nents');
    if (!isGiven && !isMapped) continue;
    if (isField && !/(?:->|\.)\s*$/.test(text.slice(fn.flow.ir.span.start, word.start))) continue;
    const replay = askOf(source, list, { kind: 'same-count' });
    const what = isMapped
      ? `How many segments the device sees: what ${map.call.name}() made of the list. It may be fewer than the entries.`
      : `How many entries the CPU built. Unmapping and syncing want this number; DMA addresses exist only for as many segments as ${map.call.name}() made of them.`;
    return { span: word, title: name, text: [what], ...(replay && { replay }) };
  }
  return undefined;
}

/** A call that maps. */
export interface MapCall {
  /** The function that it stands in. */
  readonly function: string;
  /** The name of what is called. */
  readonly span: Span;
}

/** The calls of a file that map lists or single buffers, in their order. */
export function mapCallsOf({ facts, places }: HoverSource): readonly MapCall[] {
  return facts.functions.flatMap(({ flow }) =>
    flow.calls
      .filter(({ api, call }) => api?.role === 'map' && api.name === call.name)
      .map(({ call }) => ({ function: flow.ir.name, span: places.ofSpan(call.nameSpan) })),
  );
}

/** What is said behind a call that maps a list. */
export interface Hint {
  /** Where the call ends. */
  readonly offset: number;
  readonly label: string;
  readonly tooltip: string;
}

/** Hints for the calls in `span`. */
export function hintsIn(source: HoverSource, span: Span): readonly Hint[] {
  const hints: Hint[] = [];
  const { places } = source;
  const [from, to] = [places.inside(span.start), places.inside(span.end)];
  for (const fn of source.facts.functions) {
    for (const map of fn.flow.calls) {
      const { end } = map.call.span;
      if (map.api?.role !== 'map' || map.api.name !== map.call.name || end < from || to < end) continue;
      const list = listOf(fn, map);
      const platforms = (list && askOf(source, list, { kind: 'contiguous-size' })?.platforms) ?? [];
      if (platforms.length === 0) continue;
      const held = platforms
        .filter((one) => one.verdict === 'holds')
        .map((one) => platform(one.platform)?.phrase ?? '');
      const tooltip = held.length === 0 ? 'One range on none of the platforms' : `One range ${held.join(', ')}`;
      const offset = places.ofSpan(map.call.span).end;
      hints.push({ offset, label: `one range on ${held.length} of ${platforms.length}`, tooltip });
    }
  }
  return hints;
}

function functionAt(facts: FileFacts, offset: number): FunctionFacts | undefined {
  return facts.functions.find((fn) => contains(fn.flow.ir.span, offset));
}

function listOf(fn: FunctionFacts, call: CallFact): ListFacts | undefined {
  if (call.api?.role === 'map') return call.list && listAt(fn.flow, call.list);
  const [head] = call.result.kind === 'pure' ? call.result.args : [];
  const start = head && startOf(head);
  return start && listAt(fn.flow, start);
}

/** The first entry of the list that a loop is at, or the entry itself. */
function startOf(entry: Value): Value {
  return entry.kind === 'entry' ? entry.list : entry;
}

function askOf(source: HoverSource, list: ListFacts, predicate: Predicate): ReplayResult | undefined {
  if (list.isOneEntry || list.isContiguous) return undefined;
  return source.ask({ predicate, shape: list.shape, device: source.facts.device });
}

/** The variable that the result of a call is put in. */
function holderOf(fn: FunctionFacts, map: CallFact): string | undefined {
  for (const block of fn.flow.ir.blocks) {
    const made = block.statements.find((one) => one.kind === 'call' && one.call.id === map.call.id);
    const temporary = made?.kind === 'call' ? made.result : undefined;
    if (temporary === undefined) continue;
    for (const one of block.statements) {
      if (one.kind === 'assign' && lastName(one.value) === temporary) return lastName(one.target);
    }
  }
  return undefined;
}

function lastName(expr: Expr | undefined): string | undefined {
  if (expr?.kind === 'name' || expr?.kind === 'field') return expr.name;
  return expr?.kind === 'cast' ? lastName(expr.operand) : undefined;
}

const KIB = 1024;
/** A list that people know: it fits between limits and alignments of 64 KiB in just the wrong way. */
const FAMILIAR: Scatterlist = [64, 16, 64].map((size, i) => ({
  page: 0x80000000n + BigInt(i) * 0x1000000n,
  offset: 0,
  length: size * KIB,
}));
const MOST_PICTURES = 2;

/** The smallest list on the most telling platform, then the familiar one there, else the next platform. */
export function picturesOf(replay: ReplayResult, kernel: KernelVersion): readonly Picture[] {
  const breaks = replay.platforms.filter((one) => one.example);
  const ordered = [...breaks].sort((a, b) => surprise(b) - surprise(a));
  const pictures: Picture[] = [];
  for (const verdict of ordered) {
    if (verdict.example && pictures.length < MOST_PICTURES) {
      pictures.push({ platform: verdict.platform, example: verdict.example, caption: 'Smallest list that breaks it' });
    }
    const familiar = pictures.length < MOST_PICTURES ? familiarOn(verdict, replay.question, kernel) : undefined;
    if (familiar) pictures.push({ platform: verdict.platform, example: familiar, caption: 'So does this one' });
  }
  return pictures;
}

/** Where an IOMMU leaves a hole people do not expect one. */
function surprise({ example }: PlatformVerdict): number {
  if (!example?.result.ok) return 0;
  const causes = example.result.breaks.filter((one) => one.gap !== 0n).map((one) => one.cause);
  if (causes.some((cause) => cause === 'power-of-two-pad' || cause === 'boundary-pad')) return 3;
  if (causes.includes('segment-limit')) return 2;
  return causes.includes('new-allocation') ? 0 : 1;
}

function familiarOn(verdict: PlatformVerdict, question: ReplayQuestion, kernel: KernelVersion): Example | undefined {
  const { shape, predicate } = question;
  const found = platform(verdict.platform);
  const fits =
    shape.kind !== 'one-entry' &&
    shape.entryBytes === undefined &&
    FAMILIAR.length <= (shape.maxEntries ?? FAMILIAR.length) &&
    64 * KIB <= (shape.maxEntryBytes ?? 64 * KIB) &&
    144 * KIB <= (shape.maxBytes ?? 144 * KIB);
  if (!found || !fits || surprise(verdict) < 2) return undefined;
  const result = mapFresh(verdict.platform, kernel, deviceOf(question), FAMILIAR);
  return result.ok && !holds(predicate, FAMILIAR, result) ? { list: FAMILIAR, result, space: 'fresh' } : undefined;
}

/** Longer than any name. */
const LONGEST = 256;

function wordAt(text: SourceText, offset: number): Span | undefined {
  const before = /\w*$/.exec(text.slice(Math.max(0, offset - LONGEST), offset))?.[0].length ?? 0;
  const after = /^\w*/.exec(text.slice(offset, offset + LONGEST))?.[0].length ?? 0;
  return 0 < before + after ? { start: offset - before, end: offset + after } : undefined;
}

function contains(span: Span, offset: number): boolean {
  return span.start <= offset && offset <= span.end;
}

function length(span: Span): number {
  return span.end - span.start;
}
