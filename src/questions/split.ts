// The questions' way to part a packet: it stands in the rules, since rings that answer for sets part packets too.
export { askInPieces, type Piece } from "../rules/split.ts";
