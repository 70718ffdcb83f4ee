// Draws images/icon.png: memory pages above, one of them broken away below, under a lens. `node scripts/icon.mjs`
import { writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

const SIZE = 256;
const BACKGROUND = [22, 50, 79];
const GLASS = [34, 74, 112];
const PAGE = [126, 200, 255];
const MAPPED = [120, 220, 150];
const HOLE = [255, 107, 87];
const RIM = [240, 246, 252];

// Signed distances, in pixels: negative inside.
const circle = (x, y, cx, cy, r) => Math.hypot(x - cx, y - cy) - r;
const box = (x, y, left, top, width, height, round) => {
  const dx = Math.abs(x - left - width / 2) - width / 2 + round;
  const dy = Math.abs(y - top - height / 2) - height / 2 + round;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - round;
};
const line = (x, y, x1, y1, x2, y2, width) => {
  const t = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)));
  return Math.hypot(x - x1 - t * (x2 - x1), y - y1 - t * (y2 - y1)) - width / 2;
};

// From back to front: distance and colour.
const layers = [
  [(x, y) => box(x, y, 0, 0, 256, 256, 44), BACKGROUND],
  [(x, y) => circle(x, y, 108, 108, 80), GLASS],
  [(x, y) => box(x, y, 54, 70, 34, 28, 5), PAGE],
  [(x, y) => box(x, y, 92, 70, 34, 28, 5), PAGE],
  [(x, y) => box(x, y, 130, 70, 34, 28, 5), PAGE],
  [(x, y) => box(x, y, 44, 118, 38, 28, 5), MAPPED],
  [(x, y) => box(x, y, 84, 118, 24, 28, 5), MAPPED],
  [(x, y) => Math.max(box(x, y, 111, 118, 22, 28, 0), Math.sin((x + y) * 0.55) * 4), HOLE],
  [(x, y) => box(x, y, 136, 118, 38, 28, 5), MAPPED],
  [(x, y) => Math.abs(circle(x, y, 108, 108, 84)) - 9, RIM],
  [(x, y) => line(x, y, 171, 171, 216, 216, 26), RIM],
];

const pixels = Buffer.alloc((SIZE * 4 + 1) * SIZE);
for (let y = 0; y < SIZE; y++) {
  for (let x = 0; x < SIZE; x++) {
    let [r, g, b, a] = [0, 0, 0, 0];
    for (const [distance, [lr, lg, lb]] of layers) {
      const cover = Math.max(0, Math.min(1, 0.5 - distance(x + 0.5, y + 0.5)));
      const next = cover + a * (1 - cover);
      if (next === 0) continue;
      r = (lr * cover + r * a * (1 - cover)) / next;
      g = (lg * cover + g * a * (1 - cover)) / next;
      b = (lb * cover + b * a * (1 - cover)) / next;
      a = next;
    }
    pixels.set([r, g, b, a * 255].map(Math.round), y * (SIZE * 4 + 1) + 1 + x * 4);
  }
}
writeFileSync('images/icon.png', png(SIZE, SIZE, pixels));

function png(width, height, data) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 6], 8);
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(data, { level: 9 })), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...parts]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc(body), body.length + 4);
  return whole;
}

function crc(bytes) {
  let value = -1;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}
