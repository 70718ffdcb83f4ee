/** The comparisons by name. */

import { cache, shards, workers } from './checks';
import { parsers } from './parsers';
import type { Part } from './part';
import { server } from './server';

/** A part is an export of a file here and a line. */
export const PARTS: Readonly<Record<string, Part>> = { parsers, cache, workers, shards, server };
