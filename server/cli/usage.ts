/** A mistake of the user: its message is shown without anything else, and the status is 2. */
export class UsageError extends Error {}
