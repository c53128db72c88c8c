type Write = (fields: object, message: string) => void;

/** Where the package writes what nobody is there to catch. pino's Logger fits. */
export type Log = {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
};
