/** Draws a plan for the dma-probe module from a seed: hand-made cases first, then random ones. */

const K = 1024;
/** Blocks of 1 MiB, and a few of 4 MiB. */
const BLOCKS = 48;
const LARGE = 4;
const PAGE = 4096;

/** Numbers below `n` that depend on the seed only. */
export function random(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
}

const FIXED = [
  ['64K,16K,64K', [64 * K, 16 * K, 64 * K]],
  ['64K,16K,64K unlimited', [64 * K, 16 * K, 64 * K], { max: 2 ** 32 - 1 }],
  ['4K,8K', [4 * K, 8 * K]],
  ['3M,1M over limit', [3072 * K, 1024 * K]],
  ['128K,4K over limit', [128 * K, 4 * K]],
  ['48K,32K,16K boundary 64K', [48 * K, 32 * K, 16 * K], { boundary: '0xffff', max: 2 ** 20 }],
  ['64K,16K,64K boundary 64K', [64 * K, 16 * K, 64 * K], { boundary: '0xffff', max: 2 ** 20 }],
  ['pages boundary 2K', [4 * K, 4 * K, 4 * K], { boundary: '0x7ff' }],
  ['128K boundary 64K', [128 * K, 4 * K], { boundary: '0xffff' }],
  ['256K', [256 * K]],
  ['256K and a byte', [256 * K + 1]],
];

/**
 * The plan's lines. `choices`: `cpus`, `zone` (`any` or `dma32`), `untrusted` (some mappings are of an untrusted
 * device), `bounces` (see below), `small` (mappings of one to eight pages), `live` (mappings at a time), `operations`, `alignMasks`.
 */
export function makePlan(seed, choices) {
  const next = random(seed);
  const pick = (list) => list[next(list.length)];
  const { cpus = 1, zone = 'dma32', live: most = 40, operations = 220 } = choices;
  const lines = [];
  for (let i = 0; i < BLOCKS; i++) lines.push(`block ${i} 8 ${zone}`);
  for (let i = 0; i < LARGE; i++) lines.push(`block ${BLOCKS + i} 10 ${zone}`);
  let id = 0;
  const live = [];

  const map = (kind, name, entries, options = {}) => {
    const { mask = '0xffffffff', max = 65536, boundary = '0xffffffff', align = 0, dir = 1 } = options;
    const untrusted = choices.untrusted && options.untrusted !== false && next(3) !== 0 ? 1 : 0;
    const cpu = next(cpus);
    const list = entries.map((one) => `${one.block}:${one.page}:${one.offset}:${one.length}`).join(',');
    const params = `mask=${mask} max=${max} boundary=${boundary} align=${align} dir=${dir} untrusted=${untrusted}`;
    lines.push(`${kind} id=${id} cpu=${cpu} ${params} name=${name.replaceAll(' ', '-')} list=${list}`);
    live.push(id++);
  };
  const unmap = (at) => lines.push(`unmap ${live.splice(at, 1)[0]} ${next(cpus)}`);
  const entry = (length, offset = 0) => {
    const isLarge = 512 * K < length;
    const block = isLarge ? BLOCKS + next(LARGE) : next(BLOCKS);
    const pages = (isLarge ? 1024 : 256) - Math.ceil((offset + length) / PAGE);
    return { block, page: next(pages + 1), offset, length };
  };

  for (const [name, lengths, options] of FIXED) {
    map(
      'map_sg',
      name,
      lengths.map((length) => entry(length)),
      options,
    );
    if (next(2) === 0) unmap(live.length - 1);
  }
  const masks = ['0xffffffff', '0xffffffff', '0x7fffffff', '0xfffffffff', '0xffffffffff', '0xffffffffffffffff'];
  const maxima = [4096, 16384, 20480, 65536, 65536, 131072, 2 ** 20, 2 ** 32 - 1];
  const bounds = ['0xfff', '0x3fff', '0xffff', '0x1ffff', '0xfffff', '0xffffffff', '0xffffffff', '0xffffffffffffffff'];
  const aligns = choices.alignMasks ?? [0, 0, 0, 0, 511, 2047, 4095, 4095, 8191];
  for (let i = 0; i < operations; i++) {
    const options = {
      mask: pick(masks),
      max: pick(maxima),
      boundary: pick(bounds),
      align: pick(aligns),
      dir: next(3),
    };
    // Linux 6.1 searches the bounce pool for ever when nothing can fit and bits above a slot must be kept.
    if (choices.bounces && 2047 < options.align) {
      options.boundary = '0xffffffff';
      const lengths = Array.from({ length: 1 + next(6) }, () => 1 + next(65536));
      map(
        'map_sg',
        'kept-bits',
        lengths.map((length) => entry(length, next(PAGE))),
        options,
      );
    } else if (choices.small) map('map_page', 'small', [entry((1 + next(8)) * PAGE)], { mask: pick(masks) });
    else if (next(6) === 0) map('map_page', 'random-page', [ragged(next, entry)], options);
    else map('map_sg', 'random', drawList(next, entry), options);
    while (most < live.length || (0 < live.length && next(100) < 42))
      unmap(next(4) === 0 ? next(live.length) : live.length - 1);
  }
  while (0 < live.length) unmap(next(live.length));
  return lines;
}

/** Whole pages that can merge, what a user's buffer looks like, or anything. */
function drawList(next, entry) {
  const count = 1 + (next(8) === 0 ? next(64) : next(10));
  const shape = next(4);
  const entries = [];
  for (let i = 0; i < count; i++) {
    if (shape === 0) {
      entries.push(ragged(next, entry));
      continue;
    }
    let length = 0 < next(3) ? (1 + next(8)) * PAGE : 2 ** next(9) * PAGE;
    let offset = 0;
    if (shape === 1 && i === 0) offset = next(PAGE);
    if (shape === 1 && i === count - 1) length -= next(PAGE);
    if (offset !== 0) length = Math.max(1, length - offset);
    entries.push(entry(length, offset));
  }
  return entries;
}

function ragged(next, entry) {
  const length = [1 + next(64), 1 + next(4096), 1 + next(70000), 2048 * (1 + next(40)), 512 * (1 + next(300))][next(5)];
  return entry(length, [0, next(4096), next(9000), 512 * next(8), 2048][next(5)]);
}
