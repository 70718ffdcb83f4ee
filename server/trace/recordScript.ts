/** The shell script that records DMA events on the target: plain POSIX sh, its own trace instance, nothing left behind. */

export interface RecordOptions {
  /** As in the trace, such as `0000:00:01.0`; undefined: all devices. */
  readonly device: string | undefined;
  /** Seconds to record. */
  readonly seconds: number;
  /** Most bytes of the file, in MiB. */
  readonly megabytes: number;
  /** Also record who maps. */
  readonly stacks: boolean;
}

/** Letters that device names consist of; nothing that a shell would read. */
const DEVICE = /^[A-Za-z0-9:._-]+$/;

/** Undefined where the name could not be put into the script safely. */
export function recordScript({ device, seconds, megabytes, stacks }: RecordOptions): string | undefined {
  if (device !== undefined && !DEVICE.test(device)) return undefined;
  return `#!/bin/sh
# Records the DMA mappings of ${device ?? 'all devices'} for ${seconds} seconds, at most ${megabytes} MiB, as ftrace text.
# Run as root:  sh record-dma.sh trace.txt        then, anywhere:  dma-lens trace trace.txt
# It works in a trace instance of its own: whatever else is being traced goes on, and nothing is left behind.
set -eu

out=\${1:-trace.txt}
device='${device ?? ''}'
seconds=${seconds}
limit=${megabytes * 2 ** 20}
stacks=${stacks ? 1 : 0}

fail() { echo "record-dma: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "must be root"
tracing=/sys/kernel/tracing
[ -d "$tracing/events" ] || mount -t tracefs tracefs "$tracing" 2>/dev/null || true
[ -d "$tracing/events" ] || tracing=/sys/kernel/debug/tracing
[ -d "$tracing/events" ] || fail "no tracefs: mount it with 'mount -t tracefs tracefs /sys/kernel/tracing'"
[ -d "$tracing/events/dma" ] || fail "this kernel has no dma events; they came with Linux 6.12"

instance="$tracing/instances/dma-lens-$$"
mkdir "$instance" || fail "cannot create $instance"
reader=
cleanup() {
  trap - EXIT INT TERM HUP
  [ -z "$reader" ] || kill "$reader" 2>/dev/null || true
  [ -z "$reader" ] || wait "$reader" 2>/dev/null || true
  echo 0 >"$instance/events/dma/enable" 2>/dev/null || true
  for event in dma_map_sg dma_map_page dma_map_phys; do
    echo '!stacktrace' >"$instance/events/dma/$event/trigger" 2>/dev/null || true
  done
  rmdir "$instance" 2>/dev/null || echo "record-dma: $instance is still there; remove it with rmdir" >&2
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

echo 4096 >"$instance/buffer_size_kb"
if [ -n "$device" ]; then
  echo "device == \\"$device\\"" >"$instance/events/dma/filter" || fail "the kernel refuses to filter by device"
fi
: >"$out" || fail "cannot write $out"
cat "$instance/trace_pipe" >"$out" &
reader=$!
echo 1 >"$instance/events/dma/enable"
if [ "$stacks" = 1 ]; then
  # After the events, and with the same filter: a trigger also runs for events that are not recorded.
  only=\${device:+ if device == \\"$device\\"}
  for event in dma_map_sg dma_map_page dma_map_phys; do
    [ ! -d "$instance/events/dma/$event" ] || echo "stacktrace$only" >"$instance/events/dma/$event/trigger"
  done
fi
echo "recording for $seconds s into $out; interrupt to stop earlier" >&2
waited=0
while [ "$waited" -lt "$seconds" ] && kill -0 "$reader" 2>/dev/null; do
  sleep 1
  waited=$((waited + 1))
  if [ "$(wc -c <"$out")" -ge "$limit" ]; then
    echo "stopped: $out has reached its limit" >&2
    break
  fi
done
echo 0 >"$instance/events/dma/enable"
sleep 1
echo "$(wc -l <"$out") lines in $out" >&2
`;
}
