// The text of a style, as it stands in the address and in that of a tile: `name[~option]…`.
//   ~r-0.2..0.9   own range, in the layer's unit      ~p2..98   percentiles of the dataset
//   ~g0.8         gamma                               ~inv      dark and bright exchanged
//   ~line         class outlines instead of fills     ~only311.312, ~not999   classes by code

const NUMBER = String.raw`-?\d{1,7}(?:\.\d{1,6})?`;
const PAIR = new RegExp(`^([rp])(${NUMBER})\\.\\.(${NUMBER})$`);
const GAMMA = /^g(\d{1,2}(?:\.\d{1,4})?)$/;
const CODES = /^(only|not)([0-9A-Za-z_-]{1,12}(?:\.[0-9A-Za-z_-]{1,12}){0,80})$/;
const NAME = /^[\w.+-]{1,160}$/;

/**
 * Take a style's text apart. What cannot be read is left out and listed in `unknown`.
 *
 * @returns {{name: string, stretch: {kind: "range"|"percentile", low: number, high: number}|null,
 *   gamma: number, inverse: boolean, line: boolean, only: string[]|null, not: string[]|null,
 *   unknown: string[]}}
 */
export function parseStyle(text) {
  const [name, ...options] = String(text ?? "").slice(0, 600).split("~");
  const style = {
    name: NAME.test(name) ? name : "",
    stretch: null,
    gamma: 1,
    inverse: false,
    line: false,
    only: null,
    not: null,
    unknown: [],
  };
  for (const option of options) if (!take(style, option)) style.unknown.push(option);
  return style;
}

function take(style, option) {
  if (option === "inv") style.inverse = true;
  else if (option === "line") style.line = true;
  else if (PAIR.test(option)) return takePair(style, option);
  else if (GAMMA.test(option)) {
    const gamma = Number(GAMMA.exec(option)[1]);
    if (gamma < 0.1 || gamma > 10) return false;
    style.gamma = gamma;
  } else if (CODES.test(option)) {
    const [, kind, codes] = CODES.exec(option);
    style[kind] = codes.split(".");
  } else return false;
  return true;
}

function takePair(style, option) {
  const [, letter, ...ends] = PAIR.exec(option);
  const [low, high] = ends.map(Number);
  if (low >= high || (letter === "p" && (low < 0 || high > 100))) return false;
  style.stretch = { kind: letter === "p" ? "percentile" : "range", low, high };
  return true;
}

/** The opposite of parseStyle; options always in the same order, so that one look has one address. */
export function formatStyle({ name, stretch, gamma = 1, inverse, line, only, not }) {
  const parts = [name];
  if (stretch) {
    parts.push(`${stretch.kind === "percentile" ? "p" : "r"}${plain(stretch.low)}..${plain(stretch.high)}`);
  }
  if (Math.abs(gamma - 1) > 0.0005) parts.push(`g${plain(gamma)}`);
  if (inverse) parts.push("inv");
  if (line) parts.push("line");
  if (only?.length) parts.push(`only${only.join(".")}`);
  else if (not?.length) parts.push(`not${not.join(".")}`);
  return parts.join("~");
}

/** The text of another style of the same layer, with those options that still mean the same. */
export function withName(text, name) {
  const { stretch, gamma, line } = parseStyle(text);
  // A range is in the unit of one style, and the codes are those of one set of classes.
  return formatStyle({ name, stretch: stretch?.kind === "percentile" ? stretch : null, gamma, line });
}

function plain(number) {
  return String(Number(number.toFixed(4)));
}
