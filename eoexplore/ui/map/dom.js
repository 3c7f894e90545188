// Building elements. Data reaches the page only through text nodes and a few inert attributes,
// so a class name such as "<img onerror=…>" is shown as it is written.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {object} options `class`, `text`, `on` (event → listener), any other key is an attribute;
 *   `null`, `undefined` and `false` leave the attribute out, `true` sets it empty.
 * @param {...(Node|string|null)} children strings become text nodes
 */
export function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else setAttribute(node, name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Set, empty or remove an attribute; a name that could hold code is a mistake of ours. */
export function setAttribute(node, name, value) {
  if (/^on|^srcdoc$|^style$/i.test(name)) throw new Error(`attribute ${name} is not allowed`);
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

const ICONS = {
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  eyeOff: "M2 2l12 12 M6.2 4a6 6 0 0 1 1.8-.3c4 0 6.5 4.3 6.5 4.3a11 11 0 0 1-1.9 2.3 M4 5.200A11 11 0 0 0 1.500 8S4 12.500 8 12.500a6 6 0 0 0 2.700-.7",
  up: "M8 12.500V3.500 M4 7.500l4-4 4 4",
  down: "M8 3.500v9 M4 8.500l4 4 4-4",
  plus: "M8 3v10 M3 8h10",
  minus: "M3 8h10",
  close: "M3.500 3.500l9 9 M12.500 3.500l-9 9",
  full: "M2.500 6V2.500H6 M10 2.500h3.500V6 M13.500 10v3.500H10 M6 13.500H2.500V10",
  help: "M5.600 6a2.400 2.400 0 1 1 3.600 2.100C8.400 8.600 8 9 8 10 M8 12.600v.1",
  layers: "M8 2l6 3.200-6 3.200-6-3.200L8 2Z M2 8.200l6 3.200 6-3.200 M2 11.200l6 3.200 6-3.200",
  chevron: "M4 6l4 4 4-4",
  target: "M8 1.500v3 M8 11.500v3 M1.500 8h3 M11.500 8h3 M8 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z",
  copy: "M5.500 5.500h8v8h-8z M10.500 5.500v-3h-8v8h3",
  search: "M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9Z M10.300 10.300l3.700 3.700",
  ruler: "M2 11l9-9 3 3-9 9-3-3Z M5 8l1.500 1.500 M7.500 5.500l1.500 1.500 M10 3l1.500 1.500",
  box: "M3 3.500h10v9H3z",
  polygon: "M8 2.500l5.500 4-2 6.500h-7l-2-6.500 5.500-4Z",
  views: "M4 2.500h8v11l-4-3-4 3v-11Z",
  download: "M8 2.500v7.500 M4.500 7l3.500 3.500L11.500 7 M3 13.500h10",
  adjust: "M2 5h7 M12.500 5H14 M2 11h2 M7.500 11H14 M10.700 6.700a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400Z M5.700 12.700a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400Z",
  play: "M5 3l8 5-8 5V3Z",
  pause: "M5 3v10 M11 3v10",
  earlier: "M10 3.500L5.500 8l4.500 4.500",
  later: "M6 3.500L10.500 8 6 12.500",
  warn: "M8 2l6.500 11.500h-13L8 2Z M8 6.500v3.200 M8 11.600v.1",
};

/** A line icon; decorative, the button around it carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "eo-icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon. */
export function iconButton(name, label, onClick, className = "") {
  return el(
    "button",
    { type: "button", class: `eo-button ${className}`, title: label, "aria-label": label, on: { click: onClick } },
    icon(name),
  );
}

/** A small square of a colour; anything but #rrggbb (or #rrggbbaa) leaves it empty. */
export function swatch(colour) {
  const node = el("span", { class: "eo-swatch", "aria-hidden": "true" });
  if (/^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(colour ?? "")) node.style.backgroundColor = colour;
  return node;
}

/** Copy text. Pages on plain http outside localhost have no clipboard API, hence the second way. */
export async function copyText(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "eo-offscreen", readonly: true });
    area.value = text;
    near.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
