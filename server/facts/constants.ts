/** Names of the kernel whose value never changes. */

const ERRNO: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  EPROTO: 71,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  ENOTSUPP: 524,
  ENOBUFS: 105,
  ETIMEDOUT: 110,
  EREMOTEIO: 121,
  EPROBE_DEFER: 517,
};

const OTHERS: Readonly<Record<string, bigint>> = {
  NULL: 0n,
  false: 0n,
  true: 1n,
  DMA_BIDIRECTIONAL: 0n,
  DMA_TO_DEVICE: 1n,
  DMA_FROM_DEVICE: 2n,
  DMA_NONE: 3n,
  PCI_DMA_BIDIRECTIONAL: 0n,
  PCI_DMA_TODEVICE: 1n,
  PCI_DMA_FROMDEVICE: 2n,
  PAGE_SIZE: 4096n,
  PAGE_SHIFT: 12n,
  UINT_MAX: 0xffffffffn,
  U32_MAX: 0xffffffffn,
  U16_MAX: 0xffffn,
  USHRT_MAX: 0xffffn,
  INT_MAX: 0x7fffffffn,
  SZ_4K: 0x1000n,
  SZ_8K: 0x2000n,
  SZ_16K: 0x4000n,
  SZ_32K: 0x8000n,
  SZ_64K: 0x10000n,
  SZ_128K: 0x20000n,
  SZ_256K: 0x40000n,
  SZ_512K: 0x80000n,
  SZ_1M: 0x100000n,
  SZ_2M: 0x200000n,
  SZ_4M: 0x400000n,
  SZ_16M: 0x1000000n,
  SZ_4G: 0x100000000n,
};

/** The value of a well-known kernel name, or undefined. Page size is taken as 4 KiB. */
export function knownConstant(name: string): bigint | undefined {
  const errno = Object.hasOwn(ERRNO, name) ? ERRNO[name] : undefined;
  if (errno !== undefined) return BigInt(errno);
  return Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined;
}

/** `-14` to `-EFAULT`; a number without a name stays a number. */
export function errnoName(number: bigint): string {
  const entry = Object.entries(ERRNO).find(([, value]) => BigInt(value) === -number);
  return entry ? `-${entry[0]}` : String(number);
}

/** DMA_BIT_MASK(n): all ones below bit n. */
export function bitMask(bits: bigint): bigint {
  return bits === 64n ? 0xffffffffffffffffn : (1n << bits) - 1n;
}
