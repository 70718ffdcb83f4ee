/** The look of the layout explorer, in the editor's own colours. */

export const STYLE = `
body { font: var(--vscode-font-size, 13px)/1.45 var(--vscode-font-family, system-ui, sans-serif); color: var(--vscode-foreground);
  background: var(--vscode-editor-background); padding: 0 16px 32px; max-width: 1100px; }
h1 { font-size: 1.3em; margin: 14px 0 2px; }
h2 { font-size: 1.05em; margin: 18px 0 6px; }
h3 { font-size: 1em; margin: 0; }
p { margin: 4px 0; }
.faint { color: var(--vscode-descriptionForeground); }
.row { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin: 6px 0; }
label { display: inline-flex; gap: 6px; align-items: center; }
input, select { color: var(--vscode-input-foreground); background: var(--vscode-input-background); font: inherit; padding: 2px 4px;
  border: 1px solid var(--vscode-input-border, var(--vscode-descriptionForeground)); border-radius: 2px; }
input.short { width: 7em; } input.long { width: 100%; box-sizing: border-box; }
button { color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); font: inherit;
  border: 1px solid var(--vscode-contrastBorder, transparent); border-radius: 2px; padding: 3px 9px; cursor: pointer; }
button:hover { background: var(--vscode-button-secondaryHoverBackground); }
button.main { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
:focus-visible { outline: 2px solid var(--vscode-focusBorder); outline-offset: 1px; }
.bar { display: flex; gap: 3px; height: 40px; margin: 6px 0; touch-action: none; user-select: none; }
.entry { position: relative; min-width: 18px; overflow: hidden; text-overflow: clip; white-space: nowrap; padding: 0 10px 0 4px;
  border: 1px solid var(--vscode-descriptionForeground); background: var(--vscode-editorWidget-background); color: var(--vscode-foreground); cursor: grab; }
.entry[aria-pressed="true"] { border-color: var(--vscode-focusBorder); box-shadow: inset 0 -3px 0 var(--vscode-focusBorder); }
.handle { position: absolute; right: 0; top: 0; bottom: 0; width: 8px; cursor: ew-resize; border-left: 2px solid var(--vscode-descriptionForeground); }
fieldset { border: 1px solid var(--vscode-widget-border, var(--vscode-descriptionForeground)); border-radius: 3px; margin: 8px 0; padding: 6px 10px; }
details > summary { cursor: pointer; margin: 8px 0 4px; font-weight: 600; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 4px 16px; }
.card { border: 1px solid var(--vscode-widget-border, var(--vscode-descriptionForeground)); border-radius: 4px; padding: 10px 12px; margin: 10px 0; overflow-x: auto; }
.card > header { display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; }
.verdict { font-weight: 700; }
.breaks, .refused, .problem { color: var(--vscode-editorWarning-foreground, #c4320a); }
.holds { color: var(--vscode-testing-iconPassed, #388a34); }
.problem { font-weight: 600; }
ol { margin: 6px 0; padding-left: 26px; }
svg { max-width: 100%; height: auto; display: block; margin: 6px 0; }
code { font-family: var(--vscode-editor-font-family, monospace); overflow-wrap: anywhere; }
table { border-collapse: collapse; } th { text-align: left; font-weight: 600; padding-right: 12px; } td { padding: 1px 12px 1px 0; }
.vscode-high-contrast .card, .vscode-high-contrast fieldset { border-color: var(--vscode-contrastBorder); }
`;
