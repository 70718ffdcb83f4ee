/** How the machine is booted for each recording: what Linux is told, what QEMU has, and what the plan draws from. */

const INTEL = ['-machine', 'q35,kernel-irqchip=split', '-device', 'intel-iommu,aw-bits=48'];
const PLAIN = ['-machine', 'q35'];

/**
 * `compare` limits what can be compared: `relative` where placement depends on a timer. `zone` is where the lists' memory
 * lies. `plan` are the choices of plan.mjs. `modules` are loaded before the device is bound.
 */
export const BOOTS = {
  strict: { cmdline: 'intel_iommu=on iommu.strict=1', machine: INTEL, backend: 'iommu-dma' },
  lazy: { cmdline: 'intel_iommu=on iommu.strict=0', machine: INTEL, backend: 'iommu-dma' },
  forcedac: { cmdline: 'intel_iommu=on iommu.strict=1 iommu.forcedac=1', machine: INTEL, backend: 'iommu-dma' },
  direct: { cmdline: 'intel_iommu=off', machine: PLAIN, backend: 'direct' },
  'direct-high': { cmdline: 'intel_iommu=off', machine: PLAIN, backend: 'direct', zone: 'any', memory: '6G' },
  'swiotlb-force': { cmdline: 'intel_iommu=off swiotlb=force', machine: PLAIN, backend: 'swiotlb' },
  passthrough: { cmdline: 'intel_iommu=on iommu=pt', machine: INTEL, backend: 'direct', zone: 'any', memory: '6G' },
  'strict-smp': { cmdline: 'intel_iommu=on iommu.strict=1', machine: INTEL, backend: 'iommu-dma', cpus: 4 },
  'strict-churn': {
    cmdline: 'intel_iommu=on iommu.strict=1',
    machine: INTEL,
    backend: 'iommu-dma',
    cpus: 2,
    plan: { small: true, live: 400, operations: 1500 },
  },
  'aperture-39': {
    cmdline: 'intel_iommu=on iommu.strict=1 iommu.forcedac=1',
    machine: ['-machine', 'q35,kernel-irqchip=split', '-device', 'intel-iommu,aw-bits=39'],
    backend: 'iommu-dma',
    aperture: { start: '0x0', end: '0x7fffffffff' },
  },
  amd: {
    cmdline: 'amd_iommu=on iommu.strict=1',
    machine: ['-machine', 'q35,kernel-irqchip=split', '-device', 'amd-iommu'],
    backend: 'iommu-dma',
  },
  'virtio-iommu': {
    cmdline: 'iommu.strict=1',
    machine: ['-machine', 'q35', '-device', 'virtio-iommu-pci'],
    backend: 'iommu-dma',
    modules: ['virtio_iommu'],
    kernels: ['6.12'],
  },
  untrusted: {
    cmdline: 'intel_iommu=on iommu.strict=1 swiotlb=force',
    machine: INTEL,
    backend: 'iommu-dma',
    plan: { untrusted: true },
  },
  'swiotlb-smp': { cmdline: 'intel_iommu=off swiotlb=force', machine: PLAIN, backend: 'swiotlb', cpus: 4 },
  'swiotlb-small': {
    cmdline: 'intel_iommu=off swiotlb=1024,force',
    machine: PLAIN,
    backend: 'swiotlb',
    // Linux 6.1 searches a full pool for ever when bits above a slot must be kept.
    plan: { alignMasks: [0, 0, 0, 511, 2047] },
  },
};
