// Colour for terminals: a few styles by what they mean. Off, text passes through unchanged.
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly unsure: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

const style =
  (on: boolean, open: number, close: number) =>
  (text: string): string =>
    on ? `\u001B[${open}m${text}\u001B[${close}m` : text;

export function paint(colour: boolean): Paint {
  return {
    good: style(colour, 32, 39),
    bad: style(colour, 31, 39),
    unsure: style(colour, 33, 39),
    faint: style(colour, 2, 22),
    strong: style(colour, 1, 22),
  };
}
