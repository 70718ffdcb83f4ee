/** `dma-lens record-script`. */

import { recordScript } from '../trace/recordScript';
import { UsageError } from './usage';

export interface RecordScriptOptions {
  readonly device?: string;
  readonly seconds: string;
  readonly size: string;
  readonly stacks?: boolean;
}

/** Prints the script; returns the exit status. */
export function printRecordScript(options: RecordScriptOptions): number {
  const script = recordScript({
    device: options.device,
    seconds: wholeNumber('seconds', options.seconds, 86_400),
    megabytes: wholeNumber('size', options.size, 65_536),
    stacks: options.stacks ?? false,
  });
  if (script === undefined) {
    throw new UsageError(
      `'${options.device}' is no device name; take it from a trace or /sys/bus/pci/devices, such as 0000:00:01.0`,
    );
  }
  process.stdout.write(script);
  return 0;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (1 <= value && value <= most) return value;
  throw new UsageError(`${name}: '${text}' is no number from 1 to ${most}`);
}
