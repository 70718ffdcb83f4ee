// Bundles the client, the server, the command line and (with --scripts) the development scripts into dist/.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

// Results that are kept on disk are those of one build: of these sources and dependencies.
const sources = readdirSync('server', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const hash = createHash('sha1').update(readFileSync('package-lock.json'));
for (const name of sources.sort()) hash.update(name).update(readFileSync(`server/${name}`));
const buildId = `${version}-${hash.digest('hex').slice(0, 16)}`;

const ES_IN_CJS = {
  define: {
    'import.meta.url': 'importMetaUrl',
    DMA_LENS_VERSION: JSON.stringify(version),
    DMA_LENS_BUILD: JSON.stringify(buildId),
  },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
};

/** In a browser, what reads files is never called; the modules it would read them with are empty. */
const NO_FILES = {
  name: 'no-files',
  setup(builder) {
    builder.onResolve({ filter: /^(?:node:|module$|fs|path$|url$)/ }, ({ path }) => ({ path, namespace: 'no-files' }));
    builder.onLoad({ filter: /.*/, namespace: 'no-files' }, () => ({ contents: 'module.exports = {};' }));
  },
};

const WEB = {
  define: { 'import.meta.url': '"http://localhost/"', DMA_LENS_VERSION: JSON.stringify(version) },
  banner: {},
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: false,
  minify: process.argv.includes('--minify'),
  // Looked up at run time, and only where a working binary exists.
  external: ['vscode', 'tree-sitter', 'tree-sitter-c', '@napi-rs/nice', 'esbuild'],
  // Its main file cannot be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  logLevel: 'warning',
  outdir: 'dist',
  ...ES_IN_CJS,
};

const entries = {
  client: 'client/extension.ts',
  server: 'server/main.ts',
  cli: 'server/launch.ts',
  main: 'server/cli.ts',
  // What the pool itself runs in each of its threads; it looks for it under this name.
  worker: 'node_modules/piscina/dist/worker.js',
};
const scripts = {
  generate: 'scripts/generate.ts',
  bench: 'scripts/bench.ts',
  'bench-parse': 'scripts/bench/parseOnly.ts',
  fuzz: 'scripts/fuzz.ts',
  soak: 'scripts/soak.ts',
  compare: 'scripts/compare.ts',
};

const wanted = process.argv.includes('--scripts') ? { ...entries, ...scripts } : entries;
const present = Object.fromEntries(Object.entries(wanted).filter(([, file]) => existsSync(file)));

// Code that was compiled in an earlier run is loaded in a way that knows no `import()`, nor what would need it.
await build({
  ...common,
  entryPoints: present,
  supported: { 'dynamic-import': false },
  alias: { ...common.alias, 'web-tree-sitter': './node_modules/web-tree-sitter/web-tree-sitter.cjs' },
});
// The layout explorer's page runs in a webview: no Node, no modules.
await build({
  ...common,
  entryPoints: { explorer: 'client/explorer/page.ts' },
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  external: [],
  define: {},
  banner: {},
});
await build({
  ...common,
  entryPoints: { 'web-client': 'client/browser.ts' },
  platform: 'browser',
  external: ['vscode'],
  ...WEB,
});
await build({
  ...common,
  entryPoints: { 'web-server': 'server/browser.ts' },
  platform: 'browser',
  format: 'iife',
  external: [],
  plugins: [NO_FILES],
  ...WEB,
});
mkdirSync('dist', { recursive: true });
// The workers of a scan run the command line's file: a bundle of their own would double what is shipped.
writeFileSync('dist/scan-worker.js', "module.exports = require('./cli.js').analyzeFiles;\n");
cpSync('node_modules/web-tree-sitter/web-tree-sitter.wasm', 'dist/web-tree-sitter.wasm');
cpSync('node_modules/tree-sitter-c/tree-sitter-c.wasm', 'dist/tree-sitter-c.wasm');
