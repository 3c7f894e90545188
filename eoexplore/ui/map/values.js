// What is stored at a pixel, layer by layer, as small tables.

const release = new URL(import.meta.url).search;
const [{ el, swatch }, format] = await Promise.all(["dom", "format"].map((name) => import(`./${name}.js${release}`)));

/** @returns {Array<{element, isCode: boolean}>} one block for each layer that was read */
export function valueTables(pixel, patch) {
  return Object.entries(pixel.values ?? {}).map(([layer, read]) => {
    const about = patch.pictures?.find((picture) => picture.layer === layer);
    const unit = pixel.units?.[layer];
    const title = about?.title ?? layer;
    if ("code" in (read ?? {})) {
      return { element: el("div", { "data-of": layer }, ...classLines(title, read, layer, patch)), isCode: true };
    }
    const table = valueTable(unit ? `${title} (${unit})` : title, read);
    const others = isRadar(layer, patch) ? otherDates(layer, pixel, unit) : [];
    const shape = `eo-layer-values eo-values-${shapeOf(read)}`;
    return { element: el("div", { class: shape, "data-of": layer }, table, ...others), isCode: false };
  });
}

function shapeOf(read) {
  return Object.keys(read ?? {}).length > 4 ? "many" : "few";
}

function isRadar(layer, patch) {
  return patch.layers?.find((item) => item.layer === layer)?.kind === "sar";
}

function valueTable(title, read) {
  const caption = el("caption", { text: title });
  if (typeof read?.error === "string") {
    return el("table", {}, caption, el("tbody", {}, el("tr", {}, el("td", { class: "eo-note", text: read.error }))));
  }
  const rows = Object.entries(read ?? {}).map(([key, raw]) =>
    el("tr", {}, el("th", { scope: "row", text: key }), el("td", { text: format.value(raw) })),
  );
  return el("table", {}, caption, el("tbody", {}, ...rows));
}

/** A categorical layer answers with a class, and the code that it stands for. */
function classLines(title, { code, name, class: group }, layer, { pixel_classes: classes, layers }) {
  const colour = classes?.find(({ label }) => label === group)?.colour;
  const map = layers?.find((item) => item.layer === layer)?.bands[0]?.title;
  const told = code === null || code === undefined ? null : `code ${code}, ${name}${map ? ` · ${map}` : ""}`;
  return [
    el("p", { class: "eo-code", "data-code": code }, swatch(colour), el("strong", { text: group ?? name ?? "none" })),
    told ? el("p", { class: "eo-note", text: told, title }) : null,
  ].filter(Boolean);
}

/** Radar has no spectrum: its other dates stand below each other. */
function otherDates(layer, { dates }, unit) {
  return (dates ?? []).filter(({ current, values }) => !current && values?.[layer] && !values[layer].error).map(({ date, values }) => {
    const list = Object.entries(values[layer]).map(([band, value]) => `${band} ${format.value(value)}`);
    return el("p", { class: "eo-note", text: `${date ?? "no date"}: ${list.join(", ")} ${unit ?? ""}` });
  });
}
