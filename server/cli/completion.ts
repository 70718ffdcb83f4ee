/** Completion scripts for shells, made from the program's own commands. */

import type { CommandOutline, OptionOutline, Value } from './outline';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** The script that makes a shell complete `dma-lens`. */
export function completionScript(shell: Shell, commands: readonly CommandOutline[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

function bashScript(commands: readonly CommandOutline[]): string {
  const names = commands.map((one) => one.name);
  const values = commands.flatMap((command) =>
    command.options.flatMap((option) => bashValue(command, option).map((line) => `    ${line}`)),
  );
  const options = commands.map(
    (one) => `      ${one.name}) words="${one.options.flatMap((o) => o.names).join(' ')}" ;;`,
  );
  const args = commands
    .filter((one) => one.argument.kind === 'one-of')
    .map((one) => `      ${one.name}) words="${wordsOf(one.argument)}" ;;`);
  return `# bash completion of dma-lens; source it, or put it into a folder of bash-completion.
_dma_lens() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word words= before=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${names.join('|')}) command=$word; break ;; esac
  done
  COMPREPLY=()
  case $command:$prev in
${values.join('\n')}
  esac
  if [[ $words ]]; then
    [[ $cur == *,* ]] && before=\${cur%,*},
    for word in $words; do [[ $word == "\${cur##*,}"* ]] && COMPREPLY+=("$before$word"); done
    return
  fi
  if [[ $cur == -* ]]; then
    case $command in
${options.join('\n')}
      *) words="--help --version" ;;
    esac
  else
    case $command in
${args.join('\n')}
      '') words="${names.join(' ')}" ;;
    esac
  fi
  for word in $words; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done
}
complete -o bashdefault -o default -F _dma_lens dma-lens
`;
}

function bashValue(command: CommandOutline, option: OptionOutline): readonly string[] {
  const pattern = option.names.map((name) => `${command.name}:${name}`).join('|');
  switch (option.value.kind) {
    case 'none':
      return [];
    case 'file':
    case 'text':
      return [`${pattern}) return ;;`];
    default:
      return [`${pattern}) words="${wordsOf(option.value)}" ;;`];
  }
}

function wordsOf(value: Value): string {
  return 'words' in value ? value.words.join(' ') : '';
}

function zshScript(commands: readonly CommandOutline[]): string {
  const list = commands.map((one) => `    '${zshText(`${one.name}:${one.doc}`)}'`).join('\n');
  const cases = commands.map((command) => {
    const options = command.options.map((option) => `        ${zshOption(option)}`);
    const argument = command.argument.kind === 'none' ? [] : [`        '*:argument:${zshAction(command.argument)}'`];
    return `      ${command.name})\n      _arguments \\\n${[...options, ...argument].join(' \\\n')} ;;`;
  });
  return `#compdef dma-lens
# zsh completion of dma-lens; put it into a folder of $fpath as _dma-lens.
_dma_lens() {
  local -a commands=(
${list}
  )
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '(- *)--help[display help]' '(- *)--version[output the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
    case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _dma_lens "$@"; else compdef _dma_lens dma-lens; fi
`;
}

function zshOption({ names, doc, value }: OptionOutline): string {
  const name = names.at(-1) ?? '';
  const action = value.kind === 'none' ? '' : `:value:${zshAction(value)}`;
  return `'${name}[${zshText(doc).replace(/[[\]]/g, '\\$&')}]${action}'`;
}

function zshAction(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '_files';
    case 'one-of':
      return `(${value.words.join(' ')})`;
    case 'list-of':
      return `_values -s , value ${value.words.join(' ')}`;
    default:
      return '';
  }
}

/** Inside single quotes; a colon would end a description. */
function zshText(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/(?<=:.*):/g, '\\:');
}

function fishScript(commands: readonly CommandOutline[]): string {
  const names = commands.map((one) => one.name).join(' ');
  const lines = [
    '# fish completion of dma-lens; put it into ~/.config/fish/completions/dma-lens.fish.',
    'complete -c dma-lens -f',
    "complete -c dma-lens -n __fish_use_subcommand -l version -d 'output the version'",
    `complete -c dma-lens -n __fish_use_subcommand -l help -d 'display help'`,
  ];
  for (const command of commands) {
    lines.push(`complete -c dma-lens -n __fish_use_subcommand -a ${command.name} -d ${fishText(command.doc)}`);
    const here = `complete -c dma-lens -n '__fish_seen_subcommand_from ${command.name}'`;
    for (const option of command.options) lines.push(`${here} ${fishOption(option)}`);
    if (command.argument.kind !== 'none') lines.push(`${here} ${fishValue(command.argument)}`);
  }
  lines.push(`# ${commands.length} commands: ${names}`);
  return `${lines.join('\n')}\n`;
}

function fishOption({ names, doc, value }: OptionOutline): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
  const takes = value.kind === 'none' ? '' : value.kind === 'text' ? ' -x' : ` -r ${fishValue(value)}`;
  return `${flags} -d ${fishText(doc)}${takes}`;
}

function fishValue(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '-F';
    case 'one-of':
      return `-f -a '${value.words.join(' ')}'`;
    case 'list-of':
      return `-f -a '(__fish_append , ${value.words.join(' ')})'`;
    default:
      return '-f';
  }
}

function fishText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
