// What bit operators on the left of a test do to a field: every chain of & | ^ << >> with constants is one mask, one
// shift and one exclusive or. Knows no field; works on numbers of any width as bigint.

/** value → ((value & and) shifted left by `shift`, right where negative) ^ xor */
export interface Bits {
  readonly width: number;
  readonly and: bigint;
  readonly shift: number;
  readonly xor: bigint;
}

function ones(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

function moved(value: bigint, left: number): bigint {
  return left >= 0 ? value << BigInt(left) : value >> BigInt(-left);
}

/** No operator at all. */
export function plainBits(width: number): Bits {
  return { width, and: ones(width), shift: 0, xor: 0n };
}

export function isPlain(bits: Bits): boolean {
  return bits.shift === 0 && bits.xor === 0n && bits.and === ones(bits.width);
}

/** One more operator with a constant; undefined for an operator that nft does not have. */
export function withOperator(bits: Bits, operator: string, constant: bigint): Bits | undefined {
  switch (operator) {
    case "&":
      return { ...bits, and: bits.and & moved(constant, -bits.shift), xor: bits.xor & constant };
    case "|": {
      const cleared = withOperator(bits, "&", ones(bits.width) & ~constant);
      return cleared === undefined
        ? undefined
        : { ...cleared, xor: cleared.xor ^ (constant & ones(bits.width)) };
    }
    case "^":
      return { ...bits, xor: bits.xor ^ (constant & ones(bits.width)) };
    case "<<":
      return shifted(bits, Number(constant));
    case ">>":
      return shifted(bits, -Number(constant));
    default:
      return undefined;
  }
}

/** Bits that a shift pushes out at either end are gone, so the mask forgets them too. */
function shifted(bits: Bits, by: number): Bits {
  const shift = bits.shift + by;
  const kept = moved(moved(bits.and, shift) & ones(bits.width), -shift);
  return { ...bits, and: bits.and & kept, shift, xor: moved(bits.xor, by) & ones(bits.width) };
}

export function applied(bits: Bits, value: bigint): bigint {
  return moved(value & bits.and, bits.shift) ^ bits.xor;
}

/** The v for which (field & bits.and) = v says that the field becomes `result`; undefined where no field does. */
export function beforeBits(bits: Bits, result: bigint): bigint | undefined {
  const value = moved(result ^ bits.xor, -bits.shift);
  return (value & ~bits.and) === 0n && applied(bits, value) === result ? value : undefined;
}
