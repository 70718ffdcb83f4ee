/** What client and server say to each other besides the standard. */

export interface InitializationOptions {
  /** The client shows images in hovers. */
  readonly images?: boolean;
  readonly theme?: ThemeKind;
  /** Address of a rule's page, with `{rule}` for its id; without it, a folder that holds the pages. */
  readonly rulePages?: string;
  /** Commands that the client runs when a lens or an action names them. */
  readonly commands?: readonly string[];
  /** The client shows one list per file: what it pulls for an open one, else what a check has pushed. */
  readonly mergesDiagnostics?: boolean;
  /** The section `dmaLens`, for clients that answer no `workspace/configuration`. */
  readonly settings?: unknown;
  /** Where the parser's two files are, for a server that cannot read files. */
  readonly parser?: ParserAssets;
}

export type ThemeKind = 'light' | 'dark' | 'high-contrast';

/** The WASM parser, as base64. */
export interface ParserAssets {
  readonly runtime: string;
  readonly grammar: string;
}

/** Notification: the editor's theme has changed. Parameter: ThemeKind. */
export const THEME_CHANGED = 'dmaLens/themeChanged';

/** Command of the server: checks folders and files. Arguments: their URIs; none: the workspace's folders. */
export const CHECK_COMMAND = 'dmaLens.server.check';
/** Command of the server: forgets what checks have found in files that are not open. */
export const CLEAR_COMMAND = 'dmaLens.server.clear';

/** What a check answers. */
export interface CheckSummary {
  /** C files looked at. */
  readonly files: number;
  /** Files that mention the DMA API. */
  readonly analyzed: number;
  readonly findings: number;
  readonly failed: number;
  readonly ms: number;
  readonly cancelled: boolean;
}

/** Request: what the server knows about a document. Parameter: its URI. */
export const STATUS_REQUEST = 'dmaLens/status';

export interface DocumentStatus {
  readonly enabled: boolean;
  /** Target kernel, such as `6.12`. */
  readonly kernel: string;
  readonly kernelFrom: 'setting' | 'tree' | 'newest';
  readonly platforms: readonly { readonly id: string; readonly title: string }[];
  /** Where the platforms come from, such as `the default set`. */
  readonly platformsFrom: string;
  /** Of the functions defined elsewhere in the workspace. */
  readonly index: 'off' | 'reading' | 'ready';
  readonly findings: number;
  /** Of the last analysis, milliseconds. */
  readonly ms: number;
}

/** Request: facts for a bug report; holds no source text and no names of files. */
export const REPORT_REQUEST = 'dmaLens/report';

export interface ServerReport {
  readonly version: string;
  readonly parser: string;
  readonly runtime: string;
  readonly openDocuments: number;
  readonly checkedFiles: number;
  /** The last analyses, newest last. */
  readonly analyses: readonly { readonly lines: number; readonly ms: number; readonly findings: number }[];
  /** Bytes; 0 where it is unknown. */
  readonly memory: number;
}

/** Request: the page of a recorded trace. Parameters: `text`, `name`, and a `nonce` that lets the page's script run. */
export const TRACE_REQUEST = 'dmaLens/trace';

export type TraceAnswer = { readonly html: string } | { readonly error: string };

/** Attached to each diagnostic. */
export interface DiagnosticData {
  readonly rule: string;
  readonly function: string;
  /** Ids of the platforms that break the code. */
  readonly breaksOn: readonly string[];
  readonly fixable: boolean;
}

/** Where the rules' pages are when the client does not say. */
export const RULE_PAGES = 'https://github.com/dma-lens/dma-lens/blob/main/docs/rules/';

/** Command of the client that opens the layout explorer; takes an `ExplorerRequest`. */
export const OPEN_EXPLORER = 'dmaLens.openLayoutExplorer';

/** What the layout explorer opens with. Everything is text as on the command line. */
export interface ExplorerRequest {
  /** Such as `6.12`. */
  readonly kernel?: string;
  /** `[offset+]length[@phys]`, separated by commas. */
  readonly segments?: string;
  /** Platform ids, the most interesting first. */
  readonly platforms?: readonly string[];
  /** What the code needs, such as `contiguous-size`. */
  readonly need?: string;
  /** Options of `simulate` by name in camel case, such as `maxSegSize`. */
  readonly device?: Readonly<Record<string, string | boolean>>;
}

/** Request: what the layout explorer shall show for a place in a document; null where there is no mapping. */
export const LAYOUT_REQUEST = 'dmaLens/layout';

export interface LayoutParams {
  readonly textDocument: { readonly uri: string };
  readonly position: { readonly line: number; readonly character: number };
}

export interface LayoutAnswer {
  /** What the place is about. */
  readonly title: string;
  readonly explorer: ExplorerRequest;
  readonly platforms: readonly {
    readonly id: string;
    readonly verdict: 'holds' | 'breaks' | 'unreachable';
    readonly rate?: number;
    readonly why: string;
  }[];
}

/** Request: what a list becomes on platforms, as `simulate --format json` prints it. */
export const SIMULATE_REQUEST = 'dmaLens/simulate';

export interface SimulateParams extends ExplorerRequest {
  readonly segments: string;
  readonly platforms: readonly string[];
}

export type SimulateAnswer = { readonly layouts: readonly object[] } | { readonly error: string };
