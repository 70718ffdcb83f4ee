/** Answers to the client's own requests: what is known about a document, and facts for a bug report. */

import { type DocumentStatus, REPORT_REQUEST, type ServerReport, STATUS_REQUEST, THEME_CHANGED } from '../protocol';
import type { Settings } from '../settings';
import { platform } from '../sim/platforms';
import type { CheckedFiles } from './check';
import { describeKernel, type Session } from './session';

export function serveStatus(session: Session, checked: CheckedFiles): void {
  const { connection, documents, engine } = session;

  connection.onNotification(THEME_CHANGED, (changed: unknown) => {
    if (changed === 'light' || changed === 'dark' || changed === 'high-contrast') session.theme = changed;
  });

  connection.onRequest(STATUS_REQUEST, async (uri: unknown): Promise<DocumentStatus | null> => {
    const document = typeof uri === 'string' ? documents.get(uri) : undefined;
    if (!document) return null;
    const settings = await session.settingsOf(document.uri);
    const { platforms } = session.optionsOf(document.uri, settings);
    const snapshot = await session.snapshotOf(document);
    return {
      enabled: settings.enable !== 'never',
      ...describeKernel(session, document.uri, settings),
      platforms: platforms.map((id) => ({ id, title: platform(id)?.title ?? id })),
      platformsFrom: platformsFrom(settings),
      index: session.indexState,
      findings: snapshot?.analysis.findings.length ?? 0,
      ms: session.timings.at(-1)?.ms ?? 0,
    };
  });

  connection.onRequest(REPORT_REQUEST, (): ServerReport => {
    return {
      version: engine.version,
      parser: engine.parser(),
      runtime: engine.runtime,
      openDocuments: documents.all().length,
      checkedFiles: checked.size,
      analyses: session.timings,
      memory: engine.memory(),
    };
  });
}

function platformsFrom({ platforms, platformPreset }: Settings): string {
  if (0 < platforms.length) return 'as listed in the settings';
  return platformPreset === 'default' ? 'the default set' : `the preset ${platformPreset}`;
}
