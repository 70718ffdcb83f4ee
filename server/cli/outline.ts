/** The commands and options of the program as plain data, for completion scripts and the manual page. */

import type { Command, Option } from 'commander';
import { RULES } from '../rules/index';
import { PLATFORMS } from '../sim/platforms';

/** What may follow an option, or stand as an argument. */
export type Value =
  | { readonly kind: 'none' }
  | { readonly kind: 'text' }
  | { readonly kind: 'file' }
  | { readonly kind: 'one-of'; readonly words: readonly string[] }
  /** Several of them, separated by commas. */
  | { readonly kind: 'list-of'; readonly words: readonly string[] };

export interface OptionOutline {
  /** As written in help: `--format <format>`. */
  readonly flags: string;
  readonly names: readonly string[];
  readonly doc: string;
  readonly value: Value;
}

export interface CommandOutline {
  readonly name: string;
  /** `[options] [path...]`. */
  readonly usage: string;
  readonly doc: string;
  readonly argument: Value;
  readonly options: readonly OptionOutline[];
}

/** All commands of a program, its own options apart. */
export function outline(program: Command): readonly CommandOutline[] {
  return program.commands.map((command) => ({
    name: command.name(),
    usage: command.usage(),
    doc: command.description(),
    argument: argumentOf(command),
    options: [...command.options.map(optionOf), HELP],
  }));
}

const HELP: OptionOutline = {
  flags: '-h, --help',
  names: ['-h', '--help'],
  doc: 'display help for command',
  value: { kind: 'none' },
};

const RULE_IDS = RULES.map((rule) => rule.id);
const PLATFORM_IDS = PLATFORMS.map((one) => one.id);

/** Options whose words are tables of the program. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  '--rule': RULE_IDS,
  '--platform': PLATFORM_IDS,
  '--backend': PLATFORM_IDS,
};

function optionOf(option: Option): OptionOutline {
  const names = [option.short, option.long].flatMap((name) => name ?? []);
  return { flags: option.flags, names, doc: option.description, value: takenBy(option) };
}

function takenBy(option: Option): Value {
  const listed = LISTS[option.long ?? ''];
  if (listed) return { kind: 'list-of', words: listed };
  if (option.argChoices) return { kind: 'one-of', words: option.argChoices };
  const placeholder = /[<[](.*)[>\]]/.exec(option.flags)?.[1];
  if (placeholder === undefined) return { kind: 'none' };
  return isPath(placeholder) ? { kind: 'file' } : { kind: 'text' };
}

function argumentOf(command: Command): Value {
  const [argument] = command.registeredArguments;
  if (!argument) return { kind: 'none' };
  if (argument.name() === 'rule') return { kind: 'one-of', words: RULE_IDS };
  if (argument.argChoices) return { kind: 'one-of', words: argument.argChoices };
  return isPath(argument.name()) ? { kind: 'file' } : { kind: 'text' };
}

function isPath(placeholder: string): boolean {
  return /file|path|folder/i.test(placeholder);
}
