/** Which of the files found are looked at, and which of their findings count. */

import { dirname } from 'node:path';
import type { FoundFiles } from '../workspace/files';
import type { Project } from '../workspace/projects';
import type { FileFindings } from '../workspace/scan';
import type { Changes } from './changes';
import { type Shard, shareOf } from './shard';

export interface Selection {
  /** Narrows what a scan found. */
  select(found: FoundFiles): FoundFiles;
  /** The files of other shards, and those beside files that changed, after `select`: their functions may be called here. */
  context(): readonly string[];
  /** How many files there were before. */
  found(): number;
  /** The findings that count, in files that have any. */
  filter(files: readonly FileFindings[]): readonly FileFindings[];
}

export interface SelectionOptions {
  readonly projectOf: (file: string) => Project | undefined;
  readonly changes?: Changes;
  readonly shard?: Shard;
}

export function selectFiles({ projectOf, changes, shard }: SelectionOptions): Selection {
  let count = 0;
  let others: readonly string[] = [];
  return {
    select(found) {
      count = found.files.length;
      let files = found.files.filter((file) => !projectOf(file)?.ignores(file));
      if (changes) {
        const all = files;
        files = files.filter((file) => changes.has(file));
        const folders = new Set(files.map((file) => dirname(file)));
        others = all.filter((file) => folders.has(dirname(file)) && !changes.has(file));
      }
      if (!shard) return { ...found, files };
      const own = shareOf(files, shard);
      const isOwn = new Set(own);
      others = [...others, ...files.filter((file) => !isOwn.has(file))];
      return { files: own, failed: shareOf(found.failed, shard) };
    },
    context: () => others,
    found: () => count,
    filter(files) {
      if (!changes) return files;
      return files
        .map((file) => ({ ...file, findings: changes.findingsIn(file) }))
        .filter((file) => 0 < file.findings.length);
    },
  };
}
