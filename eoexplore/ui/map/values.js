// What is stored at a pixel, layer by layer, as small tables.

const release = new URL(import.meta.url).search;
const [{ el, swatch }, format] = await Promise.all(["dom", "format"].map((name) => import(`./${name}.js${release}`)));

/** @returns {Array<{element, isCode: boolean}>} one block for each layer that was read */
export function valueTables(pixel, patch) {
  return Object.entries(pixel.values ?? {}).map(([layer, read]) => {
    const about = patch.pictures?.find((picture) => picture.layer === layer);
    const unit = pixel.units?.[layer];
    const title = about?.title ?? layer;
    const table = valueTable(unit ? `${title} (${unit})` : title, read, patch);
    const others = isRadar(layer, patch) ? otherDates(layer, pixel, unit) : [];
    const shape = `eo-layer-values eo-values-${shapeOf(read)}`;
    return { element: el("div", { class: shape, "data-layer": layer }, table, ...others), isCode: "code" in (read ?? {}) };
  });
}

function shapeOf(read) {
  if (read && ("code" in read || "error" in read)) return "wide";
  return Object.keys(read ?? {}).length > 4 ? "many" : "few";
}

function isRadar(layer, patch) {
  return patch.layers?.find((item) => item.layer === layer)?.kind === "sar";
}

function valueTable(title, read, patch) {
  const caption = el("caption", { text: title });
  if (typeof read?.error === "string") {
    return el("table", {}, caption, el("tbody", {}, el("tr", {}, el("td", { class: "eo-note", text: read.error }))));
  }
  // A categorical layer answers with a class: its name first, its code beside it.
  const entries = "code" in (read ?? {}) ? classEntries(read, patch) : Object.entries(read ?? {});
  const rows = entries.map(([key, raw, colour]) => {
    const cell = el("td", { text: format.value(raw) });
    if (colour) cell.prepend(swatch(colour), " ");
    return el("tr", {}, el("th", { scope: "row", text: key }), cell);
  });
  return el("table", {}, caption, el("tbody", {}, ...rows));
}

function classEntries({ code, name, class: group }, { pixel_classes: classes }) {
  const colour = classes?.find(({ label }) => label === group)?.colour;
  return [
    ["class", group ?? name ?? "none", colour],
    ["name", name !== group && group ? name : null],
    ["code", code],
  ].filter(([, text]) => text !== null && text !== undefined).map(([key, text, tint]) => [key, String(text), tint]);
}

/** Radar has no spectrum: its other dates stand below each other. */
function otherDates(layer, { dates }, unit) {
  return (dates ?? []).filter(({ current, values }) => !current && values?.[layer] && !values[layer].error).map(({ date, values }) => {
    const list = Object.entries(values[layer]).map(([band, value]) => `${band} ${format.value(value)}`);
    return el("p", { class: "eo-note", text: `${date ?? "no date"}: ${list.join(", ")} ${unit ?? ""}` });
  });
}
