// The place (v) and the layers (l) in the page's address. The component alone owns both:
// Streamlit keeps its own copy of the query string and writes an old one back now and then, so
// whenever the address changes the right values are put in again.

const WRITE_AFTER_MS = 250;

/** "48.21,12.94,13" → {lat, lon, zoom}, or null for anything that is not a place. */
export function parseView(text) {
  const parts = String(text ?? "").split(",");
  if (parts.length !== 3 || parts.some((part) => !/^-?\d{1,3}(\.\d{1,12})?$/.test(part.trim()))) return null;
  const [lat, lon, zoom] = parts.map(Number);
  if (Math.abs(lat) > 85.06 || Math.abs(lon) > 180 || zoom < 0 || zoom > 22) return null;
  return { lat, lon, zoom };
}

export function formatView({ lat, lon, zoom }) {
  return `${lat.toFixed(4)},${lon.toFixed(4)},${Number(zoom.toFixed(2))}`;
}

/** The search part of an address with `own` put in; other parameters stay as they were written. */
export function mergeSearch(search, own) {
  const others = search
    .replace(/^\?/, "")
    .split("&")
    .filter((part) => part && !(part.split("=")[0] in own));
  for (const [name, value] of Object.entries(own)) {
    // Commas and colons are allowed in a query, and keep the link readable.
    const text = value === null ? null : encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":");
    if (text !== null) others.push(`${name}=${text}`);
  }
  return others.length ? `?${others.join("&")}` : "";
}

export class Address {
  /** @param {string} dataset added where the address names none, so that every link does. */
  constructor(dataset) {
    this.dataset = dataset;
    this.own = { v: null, l: null };
    this.last = ""; // the search part as it was last seen with something in it
    this.timer = 0;
    this.rewrite = () => this.#write();
  }

  /** What a fresh load finds: raw texts, to be judged by those who know places and layers. */
  static read() {
    const parameters = new URLSearchParams(location.search);
    return { v: parameters.get("v"), l: parameters.get("l") };
  }

  /** Start to own the address of the page that is shown now. */
  attach() {
    this.path = location.pathname;
    if (window.navigation) window.navigation.addEventListener("currententrychange", this.rewrite);
    else this.interval = setInterval(this.rewrite, 500);
    if (this.own.v) this.#write();
  }

  detach() {
    if (window.navigation) window.navigation.removeEventListener("currententrychange", this.rewrite);
    clearInterval(this.interval);
    clearTimeout(this.timer);
  }

  set(change) {
    Object.assign(this.own, change);
    clearTimeout(this.timer);
    this.timer = setTimeout(this.rewrite, WRITE_AFTER_MS);
  }

  #write() {
    // On the way to another page the address is no longer ours.
    if (location.pathname !== this.path || !this.own.v) return;
    // The page's own choice of the dataset leaves its default out of the address.
    // Before it goes to another page, Streamlit empties the address in an entry of its own: filled
    // again, Back leads to what was shown, not to a map without its selection.
    const written = location.search.length > 1 ? location.search : this.last;
    const named = new URLSearchParams(written).has("dataset") || !this.dataset;
    const search = mergeSearch(written, named ? this.own : { dataset: this.dataset, ...this.own });
    this.last = search;
    if (search === location.search) return;
    try {
      history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
    } catch {
      // Browsers limit how often the address may change; the next write catches up.
    }
  }
}
