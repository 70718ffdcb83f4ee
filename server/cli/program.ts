/** The commands and their options. */

import { Argument, Command, CommanderError, Option } from 'commander';
import { FORMATS } from '../report/formats';
import { RULES } from '../rules/index';
import { PLATFORMS } from '../sim/platforms';
import { type CheckOptions, runCheck } from './check';
import { completionScript, SHELLS, type Shell } from './completion';
import { DEBUG_VIEWS, type DebugOptions, type DebugView, runDebug } from './debug/debug';
import { examplesText } from './examples';
import { FAIL_LEVELS, type FailLevel } from './failLevel';
import { runKbuild, withoutCompilerFlags } from './kbuild';
import { printPlatforms, printRule, printRules } from './lists';
import { runMerge } from './merge';
import { outline } from './outline';
import { printRecordScript, type RecordScriptOptions } from './recordScript';
import { runSimulate, type SimulateOptions, simulateOptions } from './simulate';
import { runTrace, type TraceOptions } from './trace';
import { UsageError } from './usage';
import { VERSION } from './version';

/** Runs one command; resolves to the exit status. */
export async function runCli(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = createProgram((result) => {
    status = result;
  });
  try {
    const check = program.commands.find((one) => one.name() === 'check');
    await program.parseAsync([...(check ? withoutCompilerFlags(argv, check) : argv)]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`dma-lens: ${error.message}\n`);
    return 2;
  }
  return status;
}

/** The program with all its commands; `finish` is told the exit status of those that have one. */
export function createProgram(finish: (status: number) => void): Command {
  const program = new Command('dma-lens')
    .description('Finds wrong assumptions about DMA mappings in Linux drivers, and shows the layouts that break them.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for the options)');

  program
    .command('check')
    .argument('[path...]', 'files or folders', ['.'])
    .description('check drivers')
    .addOption(
      new Option('--format <format>', 'default: pretty on a terminal, gcc otherwise').choices(Object.keys(FORMATS)),
    )
    .option('--kernel <version>', 'target kernel such as 6.12; default: that of the tree')
    .option('--platform <ids>', 'platforms to replay on, separated by commas')
    .option('--rule <ids>', 'rules to run, separated by commas')
    .addOption(new Option('--fail-on <level>', 'exit with 1 from this level on').choices(FAIL_LEVELS).default('error'))
    .option('--baseline <file>', 'leave out the findings that the file knows')
    .option('--update-baseline', 'write the findings to the baseline file instead')
    .option('--diff <rev>', "only findings on lines changed since a git revision; '-' reads a diff from standard input")
    .option('--fix', 'apply the fixes that are right mechanically')
    .option('--shard <i/n>', 'the i-th of n shares of the files; see merge')
    .option('--kbuild', 'called by make C=1: takes compiler flags and a file; fails only with --fail-on')
    .option('--stdin', 'read one file from standard input')
    .option('--stdin-filename <name>', 'its name in the report', 'stdin.c')
    .option('--jobs <number>', 'workers; default: one per core', parseJobs)
    .option('--no-cache', 'neither use nor keep results of earlier runs')
    .option('--stats', 'add statistics to the JSON report')
    .option('--quiet', 'no progress, no totals')
    .action(async (paths: string[], options: CheckOptions, command: Command) => {
      const isAsked = command.getOptionValueSource('failOn') !== 'default';
      finish(await (options.kbuild ? runKbuild(command.args, options, isAsked) : runCheck(paths, options)));
    });

  const simulate = program
    .command('simulate')
    .description('show what a scatterlist becomes')
    .option('--backend <ids>', 'platforms, separated by commas; default: iommu-dma, with --search those of the kernel')
    .option('--kernel <version>', 'kernel to follow')
    .option('--segments <list>', 'entries: [offset+]length[@phys], separated by commas, such as 64K,16K,64K')
    .action((options: SimulateOptions) => {
      finish(runSimulate(options));
    });
  for (const option of simulateOptions()) simulate.addOption(option);

  program
    .command('trace')
    .argument('<file>', 'ftrace text with dma:* events; - for standard input')
    .description("what a driver's recorded DMA mappings come to, here and on other platforms")
    .addOption(
      new Option('--format <format>', 'how to show it').choices(['pretty', 'json', 'html', 'svg']).default('pretty'),
    )
    .option('--output <file>', 'write there instead of to standard output')
    .action(async (file: string, options: TraceOptions) => {
      finish(await runTrace(file, options));
    });
  program
    .command('record-script')
    .description('print a shell script that records such a trace on the target')
    .option('--device <name>', 'one device only, such as 0000:00:01.0')
    .option('--seconds <number>', 'how long', '30')
    .option('--size <MiB>', 'how much at most', '256')
    .option('--stacks', 'also who maps')
    .action((options: RecordScriptOptions) => {
      finish(printRecordScript(options));
    });

  program
    .command('explain')
    .argument('<rule>', `one of: ${RULES.map((rule) => rule.id).join(', ')}`)
    .description('why a rule reports what it reports')
    .action((id: string) => printRule(id));
  program
    .command('rules')
    .description('all rules')
    .addOption(formatOption())
    .action((options: { format: string }) => printRules(options.format));
  program
    .command('platforms')
    .description(`all ${PLATFORMS.length} platforms`)
    .addOption(formatOption())
    .action((options: { format: string }) => printPlatforms(options.format));

  program
    .command('debug')
    .addArgument(new Argument('<view>', 'what to print').choices(DEBUG_VIEWS))
    .argument('<path...>', 'a C file; errors: files or folders')
    .option('--function <name>', 'only this function')
    .description('print what the analysis sees of a file')
    .action((view: DebugView, paths: string[], options: DebugOptions) => runDebug(view, paths, options));

  program
    .command('merge')
    .argument('<file...>', 'SARIF or JSON reports of check --shard')
    .description('put the reports of shards together')
    .addOption(new Option('--fail-on <level>', 'exit with 1 from this level on').choices(FAIL_LEVELS).default('never'))
    .action((files: string[], options: { failOn: FailLevel }) => finish(runMerge(files, options)));

  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose script to print').choices(SHELLS))
    .description('print a completion script for a shell')
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, outline(program)));
    });

  program
    .command('lsp')
    .description('the language server, for any editor')
    .allowUnknownOption() // Editors add their own, such as --node-ipc and the id of their process.
    .allowExcessArguments()
    .option('--stdio', 'over standard input and output', true)
    .action(async () => {
      const { startProcess } = await import('../lsp/start');
      startProcess();
      // The connection ends the process.
      await new Promise(() => {});
    });

  for (const command of program.commands) command.addHelpText('after', () => examplesText(command.name()));
  return program;
}

function parseJobs(text: string): number {
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || 256 < jobs) {
    throw new UsageError(`--jobs takes a whole number from 1 to 256, not '${text}'`);
  }
  return jobs;
}

function formatOption(): Option {
  return new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text');
}
