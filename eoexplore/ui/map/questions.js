// The addresses of questions about what is shown, with the query that each of them must carry.

const release = new URL(import.meta.url).search;
const { localUrl } = await import(`./format.js${release}`);

export class Questions {
  constructor(view) {
    this.view = view;
  }

  /** "select=…&palette=…&v=…&date=…" */
  queryOf(side) {
    const parts = [this.view.data.query, side.date ? `date=${encodeURIComponent(side.date)}` : ""];
    return parts.filter(Boolean).join("&");
  }

  /** The address of a question about what a side shows; null values are left out. */
  url(path, side, values) {
    const more = Object.entries(values)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const query = [this.queryOf(side), ...more].filter(Boolean).join("&");
    return `${localUrl(this.view.data.base ?? "", path)}${query ? `?${query}` : ""}`;
  }

  /** What is drawn at this zoom, topmost first, the left side before the right. */
  legendLayers() {
    const { map, sides } = this.view;
    const zoom = map.getZoom();
    const isDrawn = ({ visible, style, min_zoom: least = 0, max_zoom: most = 99 }) =>
      visible && style && zoom >= least && zoom <= most;
    const layersOf = (side) => side.choices.layers.filter(isDrawn).reverse();
    return sides.flatMap((side) => layersOf(side).map((layer) => ({ ...layer, side, url: this.legendUrl(layer, side) })));
  }

  legendUrl(layer, side) {
    const { dataset, map } = this.view;
    const path = `/legend/${encodeURIComponent(dataset)}/${encodeURIComponent(layer.id)}`;
    return this.url(path, side, { style: layer.styleText, z: Math.round(map.getZoom()) });
  }
}
