/** Colours of drawings: an image in a hover knows nothing of the editor's, these are made for its kinds of theme. */

export type Theme = 'light' | 'dark' | 'high-contrast';

export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly entries: readonly string[];
  readonly warning: string;
  readonly onEntry: string;
}

export const PALETTES: Readonly<Record<Theme, Palette>> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    faint: '#59636e',
    entries: ['#9ecbff', '#b4e3b4', '#ffd8a8', '#d8c7f5'],
    warning: '#c4320a',
    onEntry: '#1f2328',
  },
  dark: {
    background: '#1f1f1f',
    text: '#e6edf3',
    faint: '#9198a1',
    entries: ['#1f5f99', '#2f6f3e', '#8a5a1c', '#5b4a8a'],
    warning: '#ff9470',
    onEntry: '#ffffff',
  },
  'high-contrast': {
    background: '#000000',
    text: '#ffffff',
    faint: '#ffffff',
    entries: ['#003a70', '#004d1a', '#5c3300', '#3a2470'],
    warning: '#ffb000',
    onEntry: '#ffffff',
  },
};
