import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

export default defineConfig({
  define: { DMA_LENS_VERSION: JSON.stringify(version) },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'node_modules/**', 'dist/**'],
    // Programs that tests start keep their results here, and not among the user's.
    env: { XDG_CACHE_HOME: join(tmpdir(), 'dma-lens-test-cache') },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
