// What the gallery shows beyond its selection, and its readable form in the address:
// g=s2:index.NDVI~r-0.2..0.9 (layer and style), s=-date (order), p=3 (page), n=96 (page size).

export const OWNED = ["g", "s", "p", "n", "i"];
const ORDER = /^-?[\w.+-]{1,80}$/;

/** "pred:my-model:mask" → {id: "pred:my-model", style: "mask"}; null for an empty text. */
export function parseShown(text) {
  if (typeof text !== "string" || !text) return null;
  const at = text.lastIndexOf(":");
  const [id, style] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  return id ? { id, style, opacity: null, isHidden: false } : null;
}

/** The opposite of parseShown. */
export function formatShown({ id, styleText }) {
  return styleText ? `${id}:${styleText}` : id;
}

/** A whole number from 1, or null. */
export function parseCount(text) {
  return /^\d{1,7}$/.test(text ?? "") && Number(text) > 0 ? Number(text) : null;
}

/** An order as the server reads it; what is no order at all is left to it to be said. */
export function parseOrder(text) {
  return ORDER.test(text ?? "") ? text : null;
}

/** {id, isTurned} of "-date". */
export function orderOf(text) {
  const isTurned = text.startsWith("-");
  return { id: isTurned ? text.slice(1) : text, isTurned };
}

/** The layer that is shown where nothing is chosen: the topmost that the map shows by default. */
export function usualLayer(layers) {
  const usable = [...layers].reverse().filter(({ disabled }) => !disabled);
  return usable.find(({ visible }) => visible) ?? usable[0] ?? null;
}
