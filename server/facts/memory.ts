/**
 * What is remembered of a document from one analysis to the next. An answer holds for as long as it is about the same
 * object and all that was asked for it is the same; whoever remembers says what that is.
 */
export interface Memory {
  /** The answer to `question` about `subject`, worked out again when something that was `asked` for it has changed. */
  recall<T>(question: string, subject: object, asked: readonly unknown[], answer: () => T): T;
  /** What was last given under `name`, where `text` says that it is equal: what is asked is compared by identity. */
  settle<T>(name: string, value: T, text: string): T;
}

/** Remembers nothing: for texts that are analysed once. */
export const FORGETFUL: Memory = {
  recall: (_question, _subject, _asked, answer) => answer(),
  settle: (_name, value) => value,
};

interface Answer {
  readonly asked: readonly unknown[];
  readonly value: unknown;
}

/** A memory for one document. Forgets with the objects that its answers are about. */
export function createMemory(): Memory {
  const answers = new Map<string, WeakMap<object, Answer>>();
  const settled = new Map<string, { readonly text: string; readonly value: unknown }>();
  return {
    recall<T>(question: string, subject: object, asked: readonly unknown[], answer: () => T): T {
      const known = answers.get(question) ?? new WeakMap<object, Answer>();
      answers.set(question, known);
      const before = known.get(subject);
      // What was put there is what the same question gave.
      if (before && isSame(before.asked, asked)) return before.value as T;
      const value = answer();
      known.set(subject, { asked, value });
      return value;
    },
    settle<T>(name: string, value: T, text: string): T {
      const before = settled.get(name);
      if (before?.text === text) return before.value as T;
      settled.set(name, { text, value });
      return value;
    },
  };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
