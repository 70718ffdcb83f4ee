/** SARIF 2.1.0, for code scanning services and the viewers of editors. */

import type * as Sarif from 'sarif';
import { RULE_PAGES } from '../protocol';
import { RULES, type Rule } from '../rules/index';
import { UNUSED_SUPPRESSION } from '../suppressions';
import {
  type Finding,
  type Fix,
  formatKernel,
  type KernelVersion,
  type Related,
  type Severity,
  type Span,
} from '../types';
import type { FileFindings, ScanResult } from '../workspace/scan';
import { fingerprints } from './fingerprint';
import { replayJson } from './json';
import { indexLines, type LineIndex } from './lines';
import { explainRule, ruleMarkdown } from './ruleText';

/** The name that locations give the folder which paths are relative to. */
export const BASE_ID = 'SRCROOT';

export interface SarifOptions {
  readonly kernel: KernelVersion;
  readonly version: string;
  /** The working directory as a `file:` address with a slash at its end. */
  readonly base: string;
}

const LEVELS: Readonly<Record<Severity, Sarif.Result.level>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
};

/** The report of a whole scan, or of a shard. */
export function sarifReport(scan: ScanResult, options: SarifOptions): string {
  const run: Sarif.Run = {
    tool: { driver: driver(options.version) },
    invocations: [{ executionSuccessful: true, toolExecutionNotifications: scan.failed.map(notification) }],
    originalUriBaseIds: { [BASE_ID]: { uri: options.base } },
    columnKind: 'utf16CodeUnits',
    results: scan.files.flatMap(fileResults),
    properties: {
      kernel: formatKernel(options.kernel),
      filesSeen: scan.seen,
      filesAnalyzed: scan.analyzed,
    },
  };
  return sarifText({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  });
}

/** The one way in which a log is written, so that equal logs are equal texts. */
export function sarifText(log: Sarif.Log): string {
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function driver(version: string): Sarif.ToolComponent {
  return {
    name: 'dma-lens',
    fullName: 'DMA Lens',
    semanticVersion: version,
    informationUri: RULE_PAGES.replace(/\/blob\/.*/, ''),
    rules: [...RULES.map(descriptor), UNUSED_DESCRIPTOR],
  };
}

function descriptor(rule: Rule): Sarif.ReportingDescriptor {
  return {
    id: rule.id,
    name: rule.id.replace(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase()),
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: { text: explainRule(rule), markdown: ruleMarkdown(rule) },
    helpUri: `${RULE_PAGES}${rule.id}.md`,
    defaultConfiguration: { level: LEVELS[rule.severity] },
    properties: { tags: ['dma', 'linux-kernel'], precision: 'high' },
  };
}

const UNUSED_DESCRIPTOR: Sarif.ReportingDescriptor = {
  id: UNUSED_SUPPRESSION,
  name: 'UnusedSuppression',
  shortDescription: { text: 'A comment allows a finding that is not there' },
  fullDescription: { text: 'A comment allows a finding that is not there; it would hide the next real one.' },
  help: { text: 'Delete the comment.' },
  defaultConfiguration: { level: 'note' },
};

const RULE_INDEX: ReadonlyMap<string, number> = new Map(
  [...RULES.map((rule) => rule.id), UNUSED_SUPPRESSION].map((id, index) => [id, index]),
);

function notification({ file, reason }: ScanResult['failed'][number]): Sarif.Notification {
  return {
    level: 'error',
    message: { text: reason },
    locations: [{ physicalLocation: { artifactLocation: artifact(file) } }],
  };
}

function fileResults(file: FileFindings): readonly Sarif.Result[] {
  const lines = indexLines(file.text);
  return fingerprints(file).map(({ finding, inFile, anywhere }) => {
    const index = RULE_INDEX.get(finding.rule);
    const related = relatedLocations(finding, file.file, lines);
    const fixes = finding.fixes.filter((fix) => 0 < fix.edits.length);
    return {
      ruleId: finding.rule,
      ...(index !== undefined && { ruleIndex: index }),
      level: LEVELS[finding.severity],
      message: { text: finding.message },
      locations: [
        {
          physicalLocation: physical(file.file, finding.span, lines),
          ...(finding.function !== '' && { logicalLocations: [{ name: finding.function, kind: 'function' }] }),
        },
      ],
      ...(0 < related.length && {
        relatedLocations: related.map((one, id) => ({ id: id + 1, ...one })),
        codeFlows: [{ threadFlows: [{ locations: flow(finding, file.file, lines) }] }],
      }),
      ...(0 < fixes.length && { fixes: fixes.map((fix) => toFix(fix, file.file, lines)) }),
      partialFingerprints: { 'dmaLensFinding/v1': inFile, 'dmaLensFindingAnywhere/v1': anywhere },
      ...(finding.replay && { properties: { replay: replayJson(finding.replay) } }),
    };
  });
}

function relatedLocations(finding: Finding, file: string, lines: LineIndex): Sarif.Location[] {
  return finding.related.map((one) => ({
    physicalLocation: relatedPlace(one, file, lines),
    message: { text: one.message },
  }));
}

/** A place in this file, or in another one of which only line and column are known. */
function relatedPlace({ file, span, at }: Related, own: string, lines: LineIndex) {
  const place = physical(file ?? own, span, lines);
  return at ? { ...place, region: { startLine: at.line, startColumn: at.column } } : place;
}

/** The way to the finding as the code runs: other files first, then down the file. */
function flow(finding: Finding, file: string, lines: LineIndex): Sarif.ThreadFlowLocation[] {
  const stops = [
    ...finding.related.map((one) => ({ file, ...one, isFinding: false })),
    { file, span: finding.span, message: finding.message, isFinding: true },
  ];
  stops.sort((a, b) => Number(a.file === file) - Number(b.file === file) || a.span.start - b.span.start);
  return stops.map((stop) => ({
    location: { physicalLocation: relatedPlace(stop, file, lines), message: { text: stop.message } },
    importance: stop.isFinding ? 'essential' : 'important',
  }));
}

function toFix(fix: Fix, file: string, lines: LineIndex): Sarif.Fix {
  return {
    description: { text: fix.title },
    artifactChanges: [
      {
        artifactLocation: artifact(file),
        replacements: fix.edits.map((edit) => ({
          deletedRegion: region(edit.span, lines),
          insertedContent: { text: edit.newText },
        })),
      },
    ],
  };
}

function physical(file: string, span: Span, lines: LineIndex): Sarif.PhysicalLocation {
  return { artifactLocation: artifact(file), region: region(span, lines) };
}

function region(span: Span, lines: LineIndex): Sarif.Region {
  const start = lines.positionAt(span.start);
  const end = lines.positionAt(span.end);
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** The path that a location of such a report speaks of; empty without one. */
export function fileOf(location: Sarif.Location | undefined): string {
  const uri = location?.physicalLocation?.artifactLocation?.uri ?? '';
  return uri
    .replace(/^file:\/\//, '')
    .split('/')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    })
    .join('/');
}

/** Relative paths hang below the working directory; absolute ones stand for themselves. */
function artifact(file: string): Sarif.ArtifactLocation {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? { uri: `file://${path}` } : { uri: path.replace(/^(?:\.\/)+/, ''), uriBaseId: BASE_ID };
}
