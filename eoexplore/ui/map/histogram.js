// The histogram of a style over the whole dataset, with the limits of what is shown. An SVG of a
// few paths, and the same in words for those who do not see it.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 62;
const COLOUR = /^#[0-9a-f]{6}$/i;
const NUMBER = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });

/** @param {object|null} legend an answer of /legend @returns {Element|null} null without a histogram */
export function histogram(legend) {
  const curves = (legend?.histogram ?? []).filter(({ edges, counts }) => counts?.length && edges?.length === counts.length + 1);
  if (!curves.length) return null;
  const least = Math.min(...curves.map(({ edges }) => edges[0]));
  const most = Math.max(...curves.map(({ edges }) => edges.at(-1)));
  if (!(most > least)) return null;
  const x = (value) => ((Math.min(most, Math.max(least, value)) - least) / (most - least)) * WIDTH;
  const figure = document.createElement("figure");
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  picture.setAttribute("aria-label", inWords(legend, curves));
  for (const curve of curves) picture.append(area(curve, x));
  for (const limit of limitsOf(legend, curves)) picture.append(...limitLines(limit, x));
  const scale = document.createElement("figcaption");
  for (const value of [least, most]) {
    const end = document.createElement("span");
    end.textContent = say(value);
    scale.append(end);
  }
  figure.append(picture, scale);
  return figure;
}

function area({ edges, counts, colour }, x) {
  const highest = Math.max(...counts, 1);
  // By the square root: a few bright fields stay visible beside a peak of forest.
  const y = (count) => HEIGHT - Math.sqrt(Math.max(0, count) / highest) * (HEIGHT - 4);
  const steps = counts.map((count, index) => `L${x(edges[index]).toFixed(1)} ${y(count).toFixed(1)}L${x(edges[index + 1]).toFixed(1)} ${y(count).toFixed(1)}`);
  const path = svg("path", { d: `M${x(edges[0]).toFixed(1)} ${HEIGHT}${steps.join("")}L${x(edges.at(-1)).toFixed(1)} ${HEIGHT}Z` });
  const paint = COLOUR.test(colour ?? "") ? colour : "currentColor";
  path.style.fill = paint;
  path.style.fillOpacity = "0.28";
  path.style.stroke = paint;
  return path;
}

/** The limits of each channel; once where all have the same. */
function limitsOf(legend, curves) {
  const parts = legend.ramp ? [legend.ramp] : (legend.channels ?? []);
  const limits = parts
    .map(({ low, high }, index) => ({ low, high, colour: curves[index]?.colour }))
    .filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  const isSame = limits.every(({ low, high }) => low === limits[0].low && high === limits[0].high);
  return isSame ? limits.slice(0, 1).map((limit) => ({ ...limit, colour: null })) : limits;
}

function limitLines({ low, high, colour }, x) {
  return [low, high].map((value) => {
    const line = svg("line", { x1: x(value), x2: x(value), y1: 0, y2: HEIGHT, class: "eo-limit" });
    if (COLOUR.test(colour ?? "")) line.style.stroke = colour;
    return line;
  });
}

function inWords(legend, curves) {
  const names = curves.map((curve) => {
    const total = curve.counts.reduce((sum, count) => sum + count, 0);
    const [low, high] = [0.25, 0.75].map((part) => say(quantile(curve, part * total)));
    return `${curve.label || "values"}: half of the pixels between ${low} and ${high}`;
  });
  const limits = limitsOf(legend, curves).map(({ low, high }) => `${say(low)} to ${say(high)}`);
  return `Histogram of the dataset. ${names.join("; ")}. Shown from dark to bright: ${limits.join(", ") || "unknown"}.`;
}

function quantile({ edges, counts }, wanted) {
  let sum = 0;
  const at = counts.findIndex((count) => (sum += count) >= wanted);
  return at < 0 ? edges.at(-1) : (edges[at] + edges[at + 1]) / 2;
}

function say(value) {
  return NUMBER.format(value).replace("-", "−");
}

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
