// What is told of an input that cannot be used: where, and a sentence.

export interface Place {
  /** Both from 1. */
  line: number;
  column: number;
}

/** An input that cannot be used. */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Absent when it is not about a place in the text. */
  readonly at: Place | undefined;

  constructor(sentence: string, at?: Place) {
    super(sentence);
    this.at = at;
  }
}

/** "shop.yaml:3:5: It is ...". */
export function troubleText(file: string, { message, at }: InputError): string {
  return at === undefined ? `${file}: ${message}` : `${file}:${at.line}:${at.column}: ${message}`;
}
