/** The manual page, made from the program's own commands. */

import { EXAMPLES } from './examples';
import type { CommandOutline, OptionOutline } from './outline';

/** `dma-lens.1` in the man macros. */
export function manPage(description: string, commands: readonly CommandOutline[]): string {
  return `${[
    '.TH DMA-LENS 1 "" "DMA Lens" "User Commands"',
    section('NAME', [`dma-lens \\- ${roff(lowerFirst(description.replace(/\.$/, '')))}`]),
    section(
      'SYNOPSIS',
      commands.map((one) => `.B dma-lens ${one.name}\n${roff(one.usage)}\n.br`),
    ),
    section('DESCRIPTION', [roff(`${description} Each command below has the option --help, with examples.`)]),
    section('COMMANDS', commands.map(command)),
    section('EXIT STATUS', [
      entry('0', 'Nothing at or above the level of --fail-on.'),
      entry('1', 'Findings, or recordings that do not replay.'),
      entry('2', 'Usage error or internal failure; standard error tells which.'),
      entry('130, 143', 'Interrupted, terminated.'),
    ]),
    section('ENVIRONMENT', [
      entry('NO_COLOR', 'If set and not empty, nothing is coloured.'),
      entry('FORCE_COLOR', 'Colours also where standard output is no terminal; 0 means never.'),
    ]),
    section('FILES', [
      entry(
        'dma-lens.json',
        'Kernel, platforms, severities and files to leave out; the nearest one above a file counts.',
      ),
      entry('.gitignore', 'What it excludes is not checked, unless it is named on the command line.'),
    ]),
    section(
      'EXAMPLES',
      Object.values(EXAMPLES)
        .flat()
        .map(([line, doc]) => example(line, doc)),
    ),
  ].join('\n')}\n`;
}

function section(title: string, paragraphs: readonly string[]): string {
  return [`.SH ${title}`, ...paragraphs].join('\n');
}

function command(one: CommandOutline): string {
  return [`.SS ${roff(`${one.name} ${one.usage}`)}`, roff(`${sentence(one.doc)}.`), ...one.options.map(option)].join(
    '\n',
  );
}

function option({ flags, doc, value }: OptionOutline): string {
  const choices = value.kind === 'one-of' ? ` (${value.words.join(', ')})` : '';
  return entry(flags, `${sentence(doc)}${choices}.`);
}

function entry(term: string, text: string): string {
  return `.TP\n.B ${roff(term)}\n${roff(text)}`;
}

function example(line: string, doc: string): string {
  return `.TP\n${roff(sentence(doc))}:\n.nf\n${roff(line)}\n.fi`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Text without a meaning to roff. */
function roff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}
