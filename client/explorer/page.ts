/** The layout explorer's page: state in, elements out. The simulator runs in here; nothing is asked of the network. */

import { segmentsText } from '../../server/render/explorerLink';
import type { Theme } from '../../server/render/svg';
import { rateText } from '../../server/render/verdict';
import { NEEDS, needLabel } from '../../server/replay/needs';
import { sizeText } from '../../server/sim/layout';
import { button, checkbox, choice, element, field, labelled, replace } from './dom';
import { entryBar, entryTable } from './entries';
import type { FromPage, ToPage } from './messages';
import { type Action, reduce, restore } from './state';
import { CHOICES, listOf, OPTIONS, type PlatformView, rateFor, recordingOf, viewOf } from './view';

interface EditorApi {
  postMessage(message: FromPage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

const editor = acquireVsCodeApi();
const main = document.getElementById('explorer') ?? document.body;
const head = element('div');
const list = element('div');
const settings = element('div');
const results = element('div');
const announcement = element('p', { class: 'faint', role: 'status', 'aria-live': 'polite' });
main.append(head, list, settings, announcement, results);

let state = restore(editor.getState());
let rateTimer: number | undefined;
const RATE_DELAY = 250;
const RATE_DRAWS = 640;
const MANY_DRAWS = 10_000;
const SVG_WIDTH = 680;

function dispatch(action: Action): void {
  const before = state;
  state = reduce(state, action);
  if (state === before && action.kind !== 'edit' && action.kind !== 'segments') return;
  editor.setState(state);
  render(action);
}

/** A slider that is being moved must not be replaced; everything else may be drawn anew. */
function render(action?: Action): void {
  if (action?.kind === 'memory') {
    scheduleRates(RATE_DRAWS);
    updateMemoryLabel();
    return;
  }
  renderHead();
  renderList();
  renderSettings();
  renderResults();
}

function renderHead(): void {
  const view = viewOf(state, themeOf(), SVG_WIDTH);
  const needs = NEEDS.map((need) => ({
    value: need.value ? `${need.name}=${need.value.example}` : need.name,
    label: needLabel(need),
  }));
  if (!needs.some((one) => one.value === state.need)) needs.push({ value: state.need, label: state.need });
  replace(
    head,
    element('h1', {}, 'DMA layout explorer'),
    element('p', { class: 'faint' }, `${view.list} mapped with dma_map_sg(), as each platform does it`),
    element(
      'div',
      { class: 'row' },
      labelled(
        'Linux',
        field('kernel', state.kernel, (kernel) => dispatch({ kind: 'kernel', kernel }), { class: 'short' }),
      ),
      labelled(
        'The code needs',
        choice('need', needs, state.need, (need) => dispatch({ kind: 'need', need })),
      ),
    ),
  );
}

function renderList(): void {
  replace(
    list,
    element('h2', {}, 'The list'),
    entryBar(state, dispatch),
    element(
      'div',
      { class: 'row' },
      button('add', 'Add entry', () => dispatch({ kind: 'add' })),
      button('draw', 'Draw a random buffer', () => dispatch({ kind: 'draw' }), { class: 'main' }),
      labelled(
        'of',
        choice('bytes', SIZES, String(state.bytes), (bytes) => dispatch({ kind: 'memory', bytes: Number(bytes) })),
      ),
      labelled('fragmentation', fragmentationSlider()),
      checkbox('huge', 'huge pages', state.hugePages, (hugePages) => dispatch({ kind: 'memory', hugePages })),
    ),
    element(
      'details',
      { id: 'typed', open: isOpen('typed') },
      element('summary', {}, 'Edit by hand'),
      field('segments', segmentsText(listOf(state)), (text) => dispatch({ kind: 'segments', text }), {
        class: 'long',
        'aria-label': 'The list as text: [offset+]length[@physical], separated by commas',
      }),
      entryTable(state, dispatch),
    ),
  );
}

const SIZES = [4, 16, 64, 256, 1024, 8192].map((kib) => ({ value: String(kib * 1024), label: sizeText(kib * 1024) }));

function fragmentationSlider(): HTMLElement {
  const slider = element('input', { id: 'fragmentation', type: 'range', min: 0, max: 1, step: 0.05 });
  slider.value = String(state.fragmentation);
  slider.addEventListener('input', () => dispatch({ kind: 'memory', fragmentation: Number(slider.value) }));
  return element('span', {}, slider, element('span', { id: 'age', class: 'faint' }, ageOf(state.fragmentation)));
}

function updateMemoryLabel(): void {
  const age = document.getElementById('age');
  if (age) age.textContent = ageOf(state.fragmentation);
}

function ageOf(fragmentation: number): string {
  if (fragmentation === 0) return ' just booted';
  if (fragmentation < 0.4) return ' hours';
  return fragmentation < 0.8 ? ' days' : ' worst case';
}

function renderSettings(): void {
  const options = OPTIONS.map(({ key, name, argument, doc }) => {
    const value = state.options[key];
    const set = (next: string | boolean) => dispatch({ kind: 'option', name: key, value: next });
    if (!argument) return checkbox(`option-${key}`, doc, value === true, set);
    const control = field(`option-${key}`, String(value ?? ''), set, {
      class: 'short',
      placeholder: argument,
      title: doc,
    });
    return labelled(name, control);
  });
  const platforms = CHOICES.map(({ id, title }) =>
    checkbox(`on-${id}`, title, state.platforms.includes(id), (isOn) => dispatch({ kind: 'platform', id, isOn })),
  );
  replace(
    settings,
    element(
      'details',
      { id: 'platforms', open: isOpen('platforms') },
      element('summary', {}, 'Platforms'),
      element('div', { class: 'grid' }, ...platforms),
    ),
    element(
      'details',
      { id: 'device', open: isOpen('device') },
      element('summary', {}, 'Device and machine'),
      element('div', { class: 'grid' }, ...options),
    ),
  );
}

/** Whether a folded part is open on the page. */
function isOpen(id: string): boolean {
  const part = document.getElementById(id);
  return part instanceof HTMLDetailsElement && part.open;
}

function renderResults(): void {
  const view = viewOf(state, themeOf(), SVG_WIDTH);
  if (view.problem !== undefined) {
    announcement.textContent = '';
    replace(results, element('p', { class: 'problem', role: 'alert' }, view.problem));
    return;
  }
  const held = view.platforms.filter((one) => one.verdict === 'holds').length;
  announcement.textContent = `The code ${view.need}: holds on ${held} of ${view.platforms.length} platforms.`;
  replace(results, stepper(view.steps), ...view.platforms.map((one) => card(one)));
  scheduleRates(RATE_DRAWS);
}

/** Goes through the algorithm step by step, on all platforms at once. */
function stepper(steps: number): HTMLElement {
  const at = state.step;
  const label = at === undefined ? `all ${steps} steps` : `${Math.min(at, steps)} of ${steps} steps`;
  const go = (step: number | undefined) => dispatch({ kind: 'step', step });
  return element(
    'div',
    { class: 'row', role: 'group', 'aria-label': 'Step through the algorithm' },
    button('first', 'From the start', () => go(0)),
    button('back', 'Back', () => go(Math.max(0, Math.min(at ?? steps, steps) - 1))),
    button('next', 'Next step', () => go(at === undefined ? 1 : Math.min(steps, at + 1))),
    button('all', 'All steps', () => go(undefined)),
    element('span', { id: 'steps', class: 'faint' }, label),
  );
}

const WORDS = { holds: 'holds', breaks: 'breaks', refused: 'not mapped' } as const;

function card(view: PlatformView): HTMLElement {
  const { id, title, verdict, note, line, steps } = view;
  const picture = element('div', { class: 'picture' });
  // Made by drawSvg(), which escapes all text.
  picture.innerHTML = view.svg;
  const copy = (what: string, text: string) => editor.postMessage({ type: 'copy', what, text });
  return element(
    'section',
    { class: 'card', id: `card-${id}`, 'aria-label': title },
    element(
      'header',
      {},
      element('h3', {}, title),
      element('span', { class: `verdict ${verdict}` }, WORDS[verdict]),
      element('span', { class: 'faint', id: `rate-${id}` }, ''),
      note === '' ? undefined : element('span', { class: 'faint' }, note),
    ),
    element('p', {}, line),
    picture,
    element('ol', {}, ...steps.map((step) => element('li', {}, step))),
    element(
      'div',
      { class: 'row' },
      button(`command-${id}`, 'Copy command', () => copy('command', view.command), { title: view.command }),
      button(`svg-${id}`, 'Copy SVG', () => copy('SVG', view.svg)),
      button(`recording-${id}`, 'Copy as recording', () => copy('recording', recordingOf(state, id))),
      button(`draws-${id}`, `Rate from ${MANY_DRAWS} draws`, () => showRate(id, MANY_DRAWS)),
    ),
    view.hardware === '' ? undefined : element('p', { class: 'faint' }, `On hardware: ${view.hardware}`),
  );
}

/** Rates take a while: one platform at a time, when nothing has changed for a moment. */
function scheduleRates(draws: number): void {
  clearTimeout(rateTimer);
  const asked = state;
  const left = [...state.platforms];
  const next = () => {
    const id = left.shift();
    if (id === undefined || state !== asked) return;
    showRate(id, draws);
    rateTimer = window.setTimeout(next);
  };
  rateTimer = window.setTimeout(next, RATE_DELAY);
}

function showRate(id: string, draws: number): void {
  const place = document.getElementById(`rate-${id}`);
  const rate = rateFor(state, id, draws);
  if (!place || !rate) return;
  const interval = `${Math.round(rate.low * 100)} to ${Math.round(rate.high * 100)} %, ${rate.draws} draws`;
  const how = rate.draws === 0 ? 'by construction' : interval;
  place.textContent = `${rateText(rate.rate)} of ${sizeText(rate.bytes)} buffers fail (${how})`;
}

function themeOf(): Theme {
  const kind = document.body.dataset['vscodeThemeKind'] ?? 'vscode-dark';
  if (kind === 'vscode-high-contrast') return 'high-contrast';
  return kind.includes('light') ? 'light' : 'dark';
}

window.addEventListener('message', (event: MessageEvent<ToPage>) => {
  if (event.data?.type === 'open') dispatch({ kind: 'open', request: event.data.request });
});
new MutationObserver(() => renderResults()).observe(document.body, { attributeFilter: ['data-vscode-theme-kind'] });
render();
editor.postMessage({ type: 'ready' });
