/** The version of the package; the build puts it in. */

declare const DMA_LENS_VERSION: string;

export const VERSION: string = DMA_LENS_VERSION;
