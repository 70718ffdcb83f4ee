/** Collects blocks, statements and loops while a function is lowered. */

import type { Span } from '../types';
import type { Source } from './declarations';
import type { Block, Call, Expr, Loop, Statement, SwitchCase, Terminator, Variable } from './ir';

export interface OpenSwitch {
  readonly cases: SwitchCase[];
  otherwise: number | undefined;
}

interface OpenBlock {
  readonly id: number;
  readonly statements: Statement[];
  end: Terminator | undefined;
}

export class Builder {
  readonly source: Source;
  readonly locals: Variable[] = [];
  readonly switches: OpenSwitch[] = [];
  readonly breaks: number[] = [];
  readonly continues: number[] = [];
  readonly loops: { header: number; macro: Call | undefined; span: Span; parent: number | undefined }[] = [];
  readonly openLoops: number[] = [];
  private readonly blocks: OpenBlock[] = [];
  private readonly labels = new Map<string, number>();
  private current = 0;
  private temporaries = 0;
  private callCount = 0;

  constructor(source: Source) {
    this.source = source;
    this.current = this.newBlock();
  }

  /** Makes an empty block that nothing leads to yet. */
  newBlock(): number {
    const id = this.blocks.length;
    this.blocks.push({ id, statements: [], end: undefined });
    return id;
  }

  emit(statement: Statement): void {
    const block = this.blocks[this.current];
    if (block && !block.end) block.statements.push(statement);
  }

  /** Ends the current block, unless it has ended; what follows goes to `next`, or to a block of its own. */
  end(terminator: Terminator, next = this.newBlock()): void {
    const block = this.blocks[this.current];
    if (block && !block.end) block.end = terminator;
    this.current = next;
  }

  /** Goes on in `block`, falling through from the current one. */
  continueIn(block: number): void {
    this.end({ kind: 'goto', to: block }, block);
  }

  /** Goes on in `block` without a way from the current one, which stays open. */
  resume(block: number): void {
    this.current = block;
  }

  label(name: string): number {
    const known = this.labels.get(name);
    if (known !== undefined) return known;
    const block = this.newBlock();
    this.labels.set(name, block);
    return block;
  }

  temporary(span: Span): Expr & { readonly kind: 'name' } {
    this.temporaries += 1;
    return { kind: 'name', name: `#${this.temporaries}`, span };
  }

  nextCallId(): number {
    this.callCount += 1;
    return this.callCount;
  }

  assign(target: Expr, value: Expr, span: Span, via = '='): void {
    this.emit({ kind: 'assign', target, value, via, span });
  }

  /** The finished blocks; where the text ends without a return, the function returns nothing. */
  finish(end: number): { readonly blocks: readonly Block[]; readonly loops: readonly Loop[] } {
    const span = { start: Math.max(0, end - 1), end };
    const blocks = this.blocks.map((block) => ({
      id: block.id,
      statements: block.statements,
      end: block.end ?? ({ kind: 'return', span } as const),
    }));
    if (this.loops.length === 0) return { blocks, loops: [] };
    const before = predecessors(blocks);
    return { blocks, loops: this.loops.map((loop) => toLoop(loop, before)) };
  }
}

/** The blocks from which control comes back to the header. */
function toLoop(loop: Builder['loops'][number], before: ReadonlyMap<number, readonly number[]>): Loop {
  const members = new Set([loop.header]);
  // Only what was made after the header can belong to it, which tells a back edge from an entry.
  const pending = (before.get(loop.header) ?? []).filter((from) => loop.header <= from);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (members.has(id)) continue;
    members.add(id);
    for (const from of before.get(id) ?? []) pending.push(from);
  }
  return {
    header: loop.header,
    blocks: [...members].sort((a, b) => a - b),
    span: loop.span,
    ...(loop.macro && { macro: loop.macro }),
    ...(loop.parent !== undefined && { parent: loop.parent }),
  };
}

/** For each block, those that lead to it. */
function predecessors(blocks: readonly Block[]): ReadonlyMap<number, readonly number[]> {
  const before = new Map<number, number[]>();
  for (const block of blocks) {
    for (const to of targets(block.end)) {
      const known = before.get(to);
      if (known) known.push(block.id);
      else before.set(to, [block.id]);
    }
  }
  return before;
}

function targets(end: Terminator): readonly number[] {
  if (end.kind === 'goto') return [end.to];
  if (end.kind === 'branch') return [end.whenTrue, end.whenFalse];
  if (end.kind === 'switch') return [...end.cases.map((one) => one.to), end.otherwise];
  return [];
}
