/**
 * One list of diagnostics per file out of two sources: what the editor pulls for files in a tab, and what checks of
 * folders have pushed. What was pulled is newer; what was pushed shows through when the tab is closed.
 */

import * as vscode from 'vscode';
import { DiagnosticCollectionSource } from 'vscode-languageclient';

export class MergedDiagnostics {
  private readonly shown = vscode.languages.createDiagnosticCollection('dmaLens');
  private readonly pulled = new Layer((uri) => this.show(uri));
  private readonly pushed = new Layer((uri) => this.show(uri));

  create(_name: string | undefined, source: DiagnosticCollectionSource): vscode.DiagnosticCollection {
    return source === DiagnosticCollectionSource.pull ? this.pulled : this.pushed;
  }

  /** Called for each source when the client stops. */
  dispose(collection: vscode.DiagnosticCollection): void {
    collection.clear();
  }

  private show(uri: vscode.Uri): void {
    this.shown.set(uri, this.pulled.get(uri) ?? this.pushed.get(uri));
  }
}

class Layer implements vscode.DiagnosticCollection {
  readonly name = 'dmaLens';
  private readonly entries = new Map<string, readonly vscode.Diagnostic[]>();

  constructor(private readonly changed: (uri: vscode.Uri) => void) {}

  set(uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[] | undefined): void;
  set(entries: readonly [vscode.Uri, readonly vscode.Diagnostic[] | undefined][]): void;
  set(
    given: vscode.Uri | readonly [vscode.Uri, readonly vscode.Diagnostic[] | undefined][],
    diagnostics?: readonly vscode.Diagnostic[],
  ): void {
    const all = given instanceof vscode.Uri ? [[given, diagnostics] as const] : given;
    for (const [uri, found] of all) {
      if (found) this.entries.set(uri.toString(), found);
      else this.entries.delete(uri.toString());
      this.changed(uri);
    }
  }

  delete(uri: vscode.Uri): void {
    this.set(uri, undefined);
  }

  clear(): void {
    for (const [uri] of [...this]) this.delete(uri);
  }

  get(uri: vscode.Uri): readonly vscode.Diagnostic[] | undefined {
    return this.entries.get(uri.toString());
  }

  has(uri: vscode.Uri): boolean {
    return this.entries.has(uri.toString());
  }

  forEach(
    callback: (uri: vscode.Uri, found: readonly vscode.Diagnostic[], all: vscode.DiagnosticCollection) => unknown,
  ): void {
    for (const [uri, found] of this) callback(uri, found, this);
  }

  *[Symbol.iterator](): Iterator<[vscode.Uri, readonly vscode.Diagnostic[]]> {
    for (const [uri, found] of this.entries) yield [vscode.Uri.parse(uri), found];
  }

  dispose(): void {
    this.clear();
  }
}
