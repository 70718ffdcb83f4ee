// Loaded into the server's process before the server itself (`--require`, with `--expose-gc`): on SIGUSR2 it collects
// garbage, and writes what is held to the file that DMA_LENS_PROBE_FILE names.
const { writeFileSync } = require('node:fs');

process.on('SIGUSR2', () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  const handles = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  writeFileSync(process.env.DMA_LENS_PROBE_FILE, JSON.stringify({ heapUsed, external, handles }));
});
