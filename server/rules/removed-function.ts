import type { Expr } from '../code/ir';
import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { CallFact } from '../facts/flow';
import { compareKernels, type Fix, formatKernel, type Problem, parseKernelVersion, type TextEdit } from '../types';
import type { Rule } from './rule';

export const removedFunction: Rule = {
  id: 'removed-function',
  title: 'A function is used that the target kernel does not have any more',
  severity: 'error',
  why: `The pci_map_*() family was a thin layer over dma_map_*() and went in 5.18; dma_zalloc_coherent() went in 5.0, when
dma_alloc_coherent() began to return zeroed memory. A driver that uses them does not build.`,
  bad: `
int post(struct ring *ring, void *data, size_t len)
{
    ring->addr = pci_map_single(ring->pdev, data, len, PCI_DMA_TODEVICE);
    //           ^^^^^^^^^^^^^^ error: pci_map_single() is gone; the last kernel with it is 5.17
    if (dma_mapping_error(&ring->pdev->dev, ring->addr))
        return -ENOMEM;
    return 0;
}`,
  good: `
int post(struct ring *ring, void *data, size_t len)
{
    ring->addr = dma_map_single(&ring->pdev->dev, data, len, DMA_TO_DEVICE);
    if (dma_mapping_error(&ring->pdev->dev, ring->addr))
        return -ENOMEM;
    return 0;
}`,
  fix: `Puts the function of today in its place: the device of the PCI device, the direction under its own name, GFP_ATOMIC
where pci_alloc_consistent() implied it.`,
  silent: 'Targets that still have the function; functions of that name which the file defines itself.',
  reference: 'Linux 5.18, include/linux/pci-dma-compat.h: removed. Linux 5.0: dma_zalloc_coherent() removed.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const call of fn.flow.calls) {
      const last = call.api?.until === undefined ? undefined : parseKernelVersion(call.api.until);
      if (!last || call.api?.name !== call.call.name || compareKernels(file.kernel, last) <= 0) continue;
      if (file.functions.some((one) => one.flow.ir.name === call.call.name)) continue;
      const fix = fixOf(call, file);
      yield {
        span: call.call.nameSpan,
        message: `${call.call.name}() is gone; the last kernel with it is ${formatKernel(last)}`,
        fixes: fix ? [fix] : [],
      };
    }
  },
};

const DIRECTIONS: Readonly<Record<string, string>> = {
  PCI_DMA_BIDIRECTIONAL: 'DMA_BIDIRECTIONAL',
  PCI_DMA_TODEVICE: 'DMA_TO_DEVICE',
  PCI_DMA_FROMDEVICE: 'DMA_FROM_DEVICE',
  PCI_DMA_NONE: 'DMA_NONE',
};

/** What took the place of a function, where its arguments stayed in their order. */
function successor(name: string): string | undefined {
  if (name === 'dma_zalloc_coherent') return 'dma_alloc_coherent';
  if (/^pci_z?alloc_consistent$/.test(name)) return 'dma_alloc_coherent';
  if (name === 'pci_free_consistent') return 'dma_free_coherent';
  const streaming = /^pci_(map|unmap|dma_sync|dma_mapping_error)(.*)$/.exec(name);
  if (!streaming || name.startsWith('pci_p2p')) return undefined;
  return name.startsWith('pci_dma_') ? name.slice('pci_'.length) : name.replace(/^pci_/, 'dma_');
}

function fixOf(call: CallFact, file: FileFacts): Fix | undefined {
  const name = call.call.name ?? '';
  const newName = successor(name);
  if (!newName) return undefined;
  const edits: TextEdit[] = [{ span: call.call.nameSpan, newText: newName }];
  const [device] = call.call.args;
  if (name.startsWith('pci_')) {
    const text = device && deviceText(device, file);
    if (!device || !text) return undefined;
    edits.push({ span: device.span, newText: text });
  }
  const index = call.api?.direction;
  const direction = index === undefined ? undefined : call.call.args[index];
  const known = direction && DIRECTIONS[file.text(direction.span)];
  if (direction && known) edits.push({ span: direction.span, newText: known });
  const last = call.call.args.at(-1);
  if (/^pci_z?alloc_consistent$/.test(name) && last)
    edits.push({ span: { start: last.span.end, end: last.span.end }, newText: ', GFP_ATOMIC' });
  return { title: `Use ${newName}()`, automatic: true, edits };
}

/** `&pdev->dev` for a plain PCI device. */
function deviceText(device: Expr, file: FileFacts): string | undefined {
  const text = file.text(device.span);
  return /^[A-Za-z_][\w.]*(?:->[\w.]+)*$/.test(text) && text !== 'NULL' ? `&${text}->dev` : undefined;
}
