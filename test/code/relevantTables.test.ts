/** Functions that only hand tables on, or pin buffers through a framework, are looked at too. */

import { expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';

const parser = await createParser();

function found(text: string): readonly string[] {
  const { findings } = analyze(text, parser, { kernel: { major: 6, minor: 12 } });
  return findings.map((one) => `${one.rule} in ${one.function}`);
}

test('a table in an array, mapped by a helper of another file that a caller hands it to', () =>
  expect(
    found(`
static void plane_setup(struct vsp *vsp, struct plane_state *state)
{
  vsp->mem[0] = sg_dma_address(state->sg_tables[0].sgl);
}
int plane_prepare(struct vsp *vsp, struct plane_state *state)
{
  return vsp_map_fb(vsp, state->fb, state->sg_tables);
}`),
  ).toEqual(['contiguity-assumed in plane_setup']));

test('a buffer pinned by host1x', () =>
  expect(
    found(`
int plane_pin(struct dc *dc, struct state *state)
{
  struct host1x_bo_mapping *map = host1x_bo_pin(dc->dev, state->bo, DMA_TO_DEVICE, &dc->cache);
  if (IS_ERR(map))
    return PTR_ERR(map);
  if (map->chunks > 1)
    return -EINVAL;
  state->iova = map->phys;
  return 0;
}`),
  ).toEqual(['contiguity-required in plane_pin']));
