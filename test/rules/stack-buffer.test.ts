import { describe, test } from 'vitest';
import { stackBuffer } from '../../server/rules/stack-buffer';
import { check } from '../support/check';

/** A command that is put together where `memory` says, and sent. */
const command = (memory: string, marker = '') => `
int send(struct host *host, u8 code)
{
    ${memory}
    dma_addr_t addr = dma_map_single(host->dev, cmd, 16, DMA_TO_DEVICE);
${marker}
    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    run(host, addr);
    dma_unmap_single(host->dev, addr, 16, DMA_TO_DEVICE);
    return 0;
}`;
const MARKER =
  "    //                                          ^^^ error: 'cmd' is on the stack, which must not be mapped for DMA";

describe('arrays on the stack', () => {
  test.each([
    'u8 cmd[16];',
    'u8 cmd[16] = { 0x12, 0x01 };',
    'u8 cmd[] = { code, 0, 0, 0 };',
    'char cmd[16] = "HELLO";',
  ])('%s', (memory) => check([stackBuffer], command(memory, MARKER)));
});

describe('memory that is somewhere else', () => {
  test.each(['u8 *cmd = host->command;', 'u8 *cmd = kzalloc(16, GFP_KERNEL);', 'static u8 cmd[16] = { 0x12, 0x01 };'])(
    '%s',
    (memory) => check([stackBuffer], command(memory)),
  );
});
