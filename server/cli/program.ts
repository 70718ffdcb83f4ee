/** The commands and their options. */

import { Argument, Command, CommanderError, Option } from 'commander';
import { FORMATS } from '../report/formats';
import { RULES } from '../rules/index';
import { PLATFORMS } from '../sim/platforms';
import { runCheck } from './check';
import { DEBUG_VIEWS, type DebugOptions, type DebugView, runDebug } from './debug/debug';
import { printPlatforms, printRule, printRules } from './lists';
import { printRecordScript, type RecordScriptOptions } from './recordScript';
import { runSimulate, type SimulateOptions, simulateOptions } from './simulate';
import { runTrace, type TraceOptions } from './trace';
import { UsageError } from './usage';
import { VERSION } from './version';

/** Runs one command; resolves to the exit status. */
export async function runCli(argv: readonly string[]): Promise<number> {
  let status = 0;
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
    .addOption(
      new Option('--fail-on <level>', 'exit with 1 from this level on')
        .choices(['error', 'warning', 'information', 'never'])
        .default('error'),
    )
    .option('--baseline <file>', 'leave out the findings that the file knows')
    .option('--update-baseline', 'write the findings to the baseline file instead')
    .option('--diff <rev>', "only findings on lines changed since a git revision; '-' reads a diff from standard input")
    .option('--fix', 'apply the fixes that are right mechanically')
    .option('--shard <i/n>', 'the i-th of n shares of the files; see merge')
    .option('--stdin', 'read one file from standard input')
    .option('--stdin-filename <name>', 'its name in the report', 'stdin.c')
    .option('--jobs <number>', 'workers; default: one per core', parseJobs)
    .option('--stats', 'add statistics to the JSON report')
    .option('--quiet', 'no progress, no totals')
    .addHelpText('after', EXAMPLES.check)
    .action(async (paths: string[], options) => {
      status = await runCheck(paths, options);
    });

  const simulate = program
    .command('simulate')
    .description('show what a scatterlist becomes')
    .option('--backend <ids>', 'platforms, separated by commas; default: iommu-dma, with --search those of the kernel')
    .option('--kernel <version>', 'kernel to follow')
    .option('--segments <list>', 'entries: [offset+]length[@phys], separated by commas, such as 64K,16K,64K')
    .addHelpText('after', EXAMPLES.simulate)
    .action((options: SimulateOptions) => {
      status = runSimulate(options);
    });
  for (const option of simulateOptions()) simulate.addOption(option);

  program
    .command('trace')
    .argument('<file>', 'ftrace text with dma:* events; - for standard input')
    .description("what a driver's recorded DMA mappings come to, here and on other platforms")
    .addOption(new Option('--format <format>').choices(['pretty', 'json', 'html', 'svg']).default('pretty'))
    .option('--output <file>', 'write there instead of to standard output')
    .addHelpText('after', EXAMPLES.trace)
    .action(async (file: string, options: TraceOptions) => {
      status = await runTrace(file, options);
    });
  program
    .command('record-script')
    .description('print a shell script that records such a trace on the target')
    .option('--device <name>', 'one device only, such as 0000:00:01.0')
    .option('--seconds <number>', 'how long', '30')
    .option('--size <MiB>', 'how much at most', '256')
    .option('--stacks', 'also who maps')
    .addHelpText('after', EXAMPLES.recordScript)
    .action((options: RecordScriptOptions) => {
      status = printRecordScript(options);
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
    .argument('<file>', 'a C file')
    .option('--function <name>', 'only this function')
    .description('print what the analysis sees of a file')
    .action((view: DebugView, file: string, options: DebugOptions) => runDebug(view, file, options));

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

  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`dma-lens: ${error.message}\n`);
    return 2;
  }
  return status;
}

function parseJobs(text: string): number {
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || 256 < jobs) {
    throw new UsageError(`--jobs takes a whole number from 1 to 256, not '${text}'`);
  }
  return jobs;
}

function formatOption(): Option {
  return new Option('--format <format>').choices(['text', 'json']).default('text');
}

const EXAMPLES = {
  check: `
Examples:
  dma-lens check drivers/media              the drivers of a folder
  dma-lens check --kernel 4.4 foo.c         as if for Linux 4.4
  dma-lens check --format json drivers      for programs`,
  simulate: `
Examples:
  dma-lens simulate --segments 64K,16K,64K
  dma-lens simulate --backend direct,arm-iommu --segments 64K@0x80000000,16K
  dma-lens simulate --backend direct,swiotlb --segments 64K,16K --format svg > layouts.svg
  dma-lens simulate --search contiguous-size --shape user-pages --kernel 4.4
  dma-lens simulate --history history.json
  dma-lens simulate --vectors recording.jsonl`,
  trace: `
Examples:
  dma-lens trace trace.txt
  dma-lens trace trace.txt --format html --output trace.html
  trace-cmd report trace.dat | dma-lens trace -`,
  recordScript: `
Examples:
  dma-lens record-script --device 0000:00:01.0 > record-dma.sh
  dma-lens record-script --stacks --seconds 5 > record-dma.sh`,
};
