/** The intermediate representation as text, one statement a line. */

import type { Block, Expr, FunctionIr, Statement, Terminator, Variable } from '../../code/ir';

/** One function: its variables, then its blocks. */
export function irText(ir: FunctionIr): string {
  const params = ir.params.map(variableText).join(', ');
  const lines = [
    `${ir.isStatic ? 'static ' : ''}${ir.returnType} ${ir.name}(${params})${ir.errorAt !== undefined ? ' [parse error]' : ''}`,
  ];
  for (const local of ir.locals) lines.push(`  local ${variableText(local)}`);
  ir.loops.forEach((loop, index) => {
    const macro = loop.macro ? ` ${callText(loop.macro.name, loop.macro.args)}` : '';
    lines.push(
      `  loop ${index}: header b${loop.header}, blocks ${loop.blocks.map((id) => `b${id}`).join(' ')}${macro}`,
    );
  });
  for (const block of ir.blocks) {
    if (isEmpty(block)) continue;
    lines.push(`  b${block.id}:`);
    for (const statement of block.statements) lines.push(`    ${statementText(statement)}`);
    lines.push(`    ${endText(block.end)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Blocks that no statement was lowered into and that only stop. */
function isEmpty(block: Block): boolean {
  return block.statements.length === 0 && block.end.kind === 'stop';
}

function variableText({ type, pointers, name, array, cleanup }: Variable): string {
  const stars = '*'.repeat(pointers);
  return `${type} ${stars}${name}${array ? '[]' : ''}${cleanup === undefined ? '' : ` __free(${cleanup})`}`;
}

function statementText(statement: Statement): string {
  switch (statement.kind) {
    case 'assign':
      return `${exprText(statement.target)} = ${exprText(statement.value)}`;
    case 'call': {
      const { call, result } = statement;
      const name = call.name ?? (call.target ? exprText(call.target) : '?');
      return `${result === undefined ? '' : `${result} = `}${callText(name, call.args)} @${call.id}`;
    }
    case 'declare':
      return `declare ${statement.name}`;
    case 'read':
      return `read ${exprText(statement.value)}`;
  }
}

function callText(name: string | undefined, args: readonly Expr[]): string {
  return `${name ?? '?'}(${args.map(exprText).join(', ')})`;
}

function endText(end: Terminator): string {
  switch (end.kind) {
    case 'goto':
      return `goto b${end.to}`;
    case 'branch':
      return `if ${exprText(end.test)} b${end.whenTrue} else b${end.whenFalse}`;
    case 'switch': {
      const cases = end.cases.map(
        (one) => `${one.values.map(exprText).join(one.isRange ? ' ... ' : ', ')}: b${one.to}`,
      );
      return `switch ${exprText(end.value)} {${[...cases, `default: b${end.otherwise}`].join('; ')}}`;
    }
    case 'return':
      return end.value ? `return ${exprText(end.value)}` : 'return';
    case 'stop':
      return 'stop';
  }
}

/** An expression as C, temporaries as `#1`. */
export function exprText(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'opaque':
      return expr.text;
    case 'name':
      return expr.name;
    case 'field':
      return `${exprText(expr.base)}${expr.arrow ? '->' : '.'}${expr.name}`;
    case 'index':
      return `${exprText(expr.base)}[${exprText(expr.index)}]`;
    case 'deref':
      return `*${exprText(expr.base)}`;
    case 'address':
      return `&${exprText(expr.base)}`;
    case 'unary':
      return `${expr.op}${exprText(expr.operand)}`;
    case 'binary':
      return `(${exprText(expr.left)} ${expr.op} ${exprText(expr.right)})`;
    case 'cast':
      return `(${expr.type})${exprText(expr.operand)}`;
    case 'sizeof':
      return expr.text;
    case 'container':
      return `container_of(${exprText(expr.pointer)}, ${expr.type}, ${expr.member})`;
    case 'initializer':
      return `{ ${expr.fields.map((one) => `${one.designator === undefined ? '' : `${one.designator} = `}${exprText(one.value)}`).join(', ')} }`;
  }
}
