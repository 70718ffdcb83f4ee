/** Files that implement the DMA API instead of using it: there is no device that their addresses are handed to. */

import type { FileIr } from '../code/ir';
import { dmaFunction } from '../dmaApi';
import type { ContiguityFacts } from './contiguity';
import type { Flow } from './flow';
import { perFlow } from './perFlow';
import { fillsAddresses } from './walkEnds';

/** The file has the API's table of operations, functions that it consists of, or one that translates lists by itself. */
export function implementsDma(file: FileIr, flows: readonly Flow[]): boolean {
  return (
    file.globals.some(({ variable }) => variable.pointers === 0 && /\bstruct dma_map_ops$/.test(variable.type)) ||
    flows.some(isOfTheApi)
  );
}

const isOfTheApi = perFlow((flow) => {
  const { name, isStatic } = flow.ir;
  const api = dmaFunction(name);
  if (!isStatic && api?.role === 'map' && /^dma_/.test(name)) return true;
  return mapsListItself(flow);
});

/** `map_sg(dev, sgl, nents, dir, ...)` that fills in the addresses and asks no other function of the API for them. */
function mapsListItself(flow: Flow): boolean {
  const types = flow.ir.params.map((param) => param.type);
  const list = flow.ir.params.find((param) => param.type === 'struct scatterlist');
  if (!list || !types.includes('struct device') || !types.includes('enum dma_data_direction')) return false;
  return flow.calls.every((call) => call.api?.role !== 'map') && fillsAddresses(flow);
}

/** What such a file's functions do to the counts, lengths and addresses of a list: nothing that a device would see. */
export const NO_DEVICE = {
  originalCountWalks: [],
  droppedCounts: [],
  cpuWalks: [],
  cpuFields: [],
  physicalUses: [],
  indexedLists: [],
} as const;

export function withoutDevice(contiguity: ContiguityFacts): ContiguityFacts {
  return { ...contiguity, firstAddressUses: [], tests: [] };
}
