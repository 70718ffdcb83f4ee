/** The formats of `check`, as one table. */

import type { Colors } from 'picocolors/types';
import type { KernelVersion } from '../types';
import type { ScanResult } from '../workspace/scan';
import { gccReport } from './gcc';
import { githubReport } from './github';
import { gitlabReport } from './gitlab';
import { jsonReport } from './json';
import { prettyReport } from './pretty';
import { sarifReport } from './sarif';

export interface ReportContext {
  readonly kernel: KernelVersion;
  /** Of the tool. */
  readonly version: string;
  /** The working directory as a `file:` address with a slash at its end. */
  readonly base: string;
  readonly colors: Colors;
  /** Leave out totals. */
  readonly isQuiet: boolean;
  /** Milliseconds in all; absent: no statistics are written. */
  readonly milliseconds?: number;
}

export type Format = 'pretty' | 'gcc' | 'json' | 'sarif' | 'github' | 'gitlab';

export const FORMATS: Readonly<Record<Format, (scan: ScanResult, context: ReportContext) => string>> = {
  pretty: prettyReport,
  gcc: gccReport,
  json: jsonReport,
  sarif: sarifReport,
  github: githubReport,
  gitlab: gitlabReport,
};
