/** Finds the `dma-lens.json` that speaks about a file. */

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ignore from 'ignore';
import { reasonOf } from './files';
import { type ProjectFile, parseProjectFile } from './projectFile';

export const PROJECT_FILE = 'dma-lens.json';

/** A project file that cannot be read or says something it may not; the message begins with its path. */
export class ProjectFileError extends Error {}

export interface Project extends ProjectFile {
  /** True for a path that its `ignore` excludes; relative paths are taken from the working directory. */
  ignores(path: string): boolean;
}

/** A function that gives the nearest project file above a path; each is read once. It throws `ProjectFileError`. */
export function createProjectFinder(): (path: string) => Project | undefined {
  const byFolder = new Map<string, Project | undefined>();
  const find = (folder: string): Project | undefined => {
    if (byFolder.has(folder)) return byFolder.get(folder);
    const parent = dirname(folder);
    const project = readProject(folder) ?? (parent === folder ? undefined : find(parent));
    byFolder.set(folder, project);
    return project;
  };
  return (path) => find(dirname(resolve(path)));
}

function readProject(folder: string): Project | undefined {
  const path = join(folder, PROJECT_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw new ProjectFileError(`${shown(path)}: ${reasonOf(error)}`);
  }
  const parsed = parseProjectFile(text);
  if (!parsed.ok) throw new ProjectFileError(`${shown(path)}:${parsed.line}:${parsed.column}: ${parsed.message}`);
  const patterns = ignore().add([...parsed.file.ignore]);
  return {
    ...parsed.file,
    ignores(file) {
      if (parsed.file.ignore.length === 0) return false;
      const below = relative(folder, resolve(file));
      return below !== '' && below.split('/')[0] !== '..' && patterns.ignores(below);
    },
  };
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function shown(path: string): string {
  const below = relative('.', path);
  return below.split('/')[0] === '..' ? path : below;
}
