/** Builds elements. Text is set as text, never as markup. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string | undefined;

/** An element with attributes; `false` and undefined leave an attribute out, `true` sets it empty. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

export function button(id: string, label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { id, type: 'button', ...attributes }, label);
  made.addEventListener('click', onClick);
  return made;
}

export function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  return element('label', {}, text, control);
}

/** A text field that reports when it is left or Enter is pressed. */
export function field(
  id: string,
  value: string,
  onChange: (value: string) => void,
  attributes: Attributes = {},
): HTMLInputElement {
  const made = element('input', { id, type: 'text', spellcheck: 'false', ...attributes });
  made.value = value;
  made.addEventListener('change', () => onChange(made.value));
  return made;
}

export function checkbox(
  id: string,
  label: string,
  isOn: boolean,
  onChange: (isOn: boolean) => void,
): HTMLLabelElement {
  const made = element('input', { id, type: 'checkbox' });
  made.checked = isOn;
  made.addEventListener('change', () => onChange(made.checked));
  return element('label', {}, made, label);
}

export function choice(
  id: string,
  options: readonly { readonly value: string; readonly label: string }[],
  value: string,
  onChange: (value: string) => void,
): HTMLSelectElement {
  const made = element('select', { id });
  for (const option of options) made.append(element('option', { value: option.value }, option.label));
  made.value = value;
  made.addEventListener('change', () => onChange(made.value));
  return made;
}

/** Replaces what `parent` holds, and gives the focus back to the element of the same id. */
export function replace(parent: HTMLElement, ...children: readonly Child[]): void {
  const focused = document.activeElement;
  const id = focused && parent.contains(focused) ? focused.id : '';
  parent.replaceChildren(...children.filter((one) => one !== undefined));
  if (id !== '') document.getElementById(id)?.focus({ preventScroll: true });
}
