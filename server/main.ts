/** The language server's process. */

import { startProcess } from './lsp/start';

startProcess();
