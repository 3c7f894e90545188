// What the map shows, in the page's address: v place, l layers and d date of the left side, c the
// comparison, r and rd the right side, i the open patch; go, the wish of a link, has been heard by
// the page when the map is there, and is taken out. The component alone owns these: Streamlit keeps
// its own copy of the query string and writes an old one back now and then, so whenever the address
// changes the right values are put in again.

const WRITE_AFTER_MS = 250;
export const OWNED = ["v", "l", "d", "c", "r", "rd", "i", "go"];

// Whether Back or Forward led to the entry that is shown now; known even while no map is there.
let arrivedByTraverse = false;
window.addEventListener("popstate", () => (arrivedByTraverse = true));

/** "48.21,12.94,13" → {lat, lon, zoom}, or null for anything that is not a place. */
export function parseView(text) {
  const parts = String(text ?? "").split(",");
  if (parts.length !== 3 || parts.some((part) => !/^-?\d{1,3}(\.\d{1,12})?$/.test(part.trim()))) return null;
  const [lat, lon, zoom] = parts.map(Number);
  if (Math.abs(lat) > 85.06 || Math.abs(lon) > 180 || zoom < 0 || zoom > 22) return null;
  return { lat, lon, zoom };
}

/** With as many decimals as a tenth of a pixel needs: a link shows the same picture elsewhere. */
export function formatView({ lat, lon, zoom }) {
  const pixel = 360 / (256 * 2 ** zoom);
  const digits = Math.min(7, Math.max(4, Math.ceil(-Math.log10(pixel * 0.07))));
  return `${lat.toFixed(digits)},${lon.toFixed(digits)},${Number(zoom.toFixed(2))}`;
}

/** The search part of an address with `own` put in; other parameters stay as they were written. */
export function mergeSearch(search, own) {
  const others = search
    .replace(/^\?/, "")
    .split("&")
    .filter((part) => part && !(part.split("=")[0] in own));
  for (const [name, value] of Object.entries(own)) {
    if (value === null || value === undefined || value === "") continue;
    // Commas and colons are allowed in a query, and keep the link readable.
    others.push(`${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`);
  }
  return others.length ? `?${others.join("&")}` : "";
}

const OF_THE_PAGE = ["select", "palette"];

export class Address {
  /**
   * @param {string} dataset added where the address names none, so that every link does
   * @param {function(object)} onTraverse called with what the address says after Back or Forward
   * @param {string[]} owned the parameters that are kept here
   * @param {string|null} first the one without which nothing is written yet; null: there is none
   */
  constructor(dataset, onTraverse, owned = OWNED, first = "v") {
    this.dataset = dataset;
    this.owned = owned;
    this.first = first;
    this.own = Object.fromEntries(owned.map((name) => [name, null]));
    this.last = ""; // the search part as it was last seen with something in it
    this.isRefilled = false;
    this.timer = 0;
    this.rewrite = (event) => event?.navigationType !== "traverse" && this.#write("replaceState");
    this.arrive = () => {
      const asked = new URLSearchParams(location.search);
      const isHere = location.pathname === this.path && (asked.get("dataset") ?? this.dataset) === this.dataset;
      // An entry of another page or dataset is for the map that will be shown there.
      if (!arrivedByTraverse || !isHere) return;
      arrivedByTraverse = false;
      if (this.first && !asked.has(this.first)) return;
      if (!this.#isKnown) return;
      clearTimeout(this.timer);
      onTraverse(Address.read(this.owned));
    };
  }

  /** What the address says: raw texts, to be judged by those who know places and layers. */
  static read(owned = OWNED) {
    const parameters = new URLSearchParams(location.search);
    return Object.fromEntries(owned.map((name) => [name, parameters.get(name)]));
  }

  get #isKnown() {
    return this.first === null || Boolean(this.own[this.first]);
  }

  /**
   * Start to own the address of the page that is shown now. Call `arrive` once the map is there: it
   * takes over what the entry says to which one has gone back.
   */
  attach() {
    this.path = location.pathname;
    this.isAttached = true;
    this.isTold = false;
    if (window.navigation) window.navigation.addEventListener("currententrychange", this.rewrite);
    else this.interval = setInterval(this.rewrite, 500);
    window.addEventListener("popstate", this.arrive);
    if (this.#isKnown && !arrivedByTraverse) this.#write("replaceState");
  }

  detach() {
    if (window.navigation) window.navigation.removeEventListener("currententrychange", this.rewrite);
    window.removeEventListener("popstate", this.arrive);
    this.isAttached = false;
    clearInterval(this.interval);
    clearTimeout(this.timer);
    this.isRefilled = false;
  }

  set(change) {
    Object.assign(this.own, change);
    clearTimeout(this.timer);
    if (this.isAttached) this.timer = setTimeout(this.rewrite, WRITE_AFTER_MS);
  }

  /** Write at once what is still waiting, so that Back leads to it. */
  flush() {
    clearTimeout(this.timer);
    this.#write("replaceState");
  }

  /** Write what is set as an entry of its own, to which and from which Back leads. */
  push() {
    clearTimeout(this.timer);
    this.#write("pushState");
  }

  /**
   * The page's script has run, and the page is still there: where it left the address empty before,
   * it had dropped its last parameter, and what was filled in again has to go.
   *
   * @param {string} query the page's parameters as the script knows them
   */
  told(query) {
    const meant = new URLSearchParams(query ?? "");
    this.#bring(meant);
    if (!this.isRefilled) return;
    this.isRefilled = false;
    const kept = location.search
      .replace(/^\?/, "")
      .split("&")
      .filter((part) => !OF_THE_PAGE.includes(part.split("=")[0]) || meant.has(part.split("=")[0]));
    this.#replace(`?${kept.join("&")}`);
  }

  /** What has come along from another page stands in no address yet. */
  #bring(meant) {
    if (this.isTold || !this.isAttached || location.pathname !== this.path) return;
    this.isTold = true;
    const known = new URLSearchParams(location.search);
    const missing = OF_THE_PAGE.filter((name) => meant.get(name) && !known.has(name));
    if (!missing.length) return;
    this.#replace(mergeSearch(location.search, Object.fromEntries(missing.map((name) => [name, meant.get(name)]))));
  }

  #replace(search) {
    this.last = search;
    history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  }

  #write(way) {
    // On the way to another page the address is no longer ours.
    if (!this.isAttached || location.pathname !== this.path || !this.#isKnown) return;
    // The page's own choice of the dataset leaves its default out of the address.
    // Before it goes to another page, Streamlit empties the address in an entry of its own: filled
    // again, Back leads to what was shown, not to a map without its selection.
    const isEmpty = location.search.length < 2;
    if (isEmpty) this.isRefilled = true;
    const written = isEmpty ? this.last : location.search;
    const named = new URLSearchParams(written).has("dataset") || !this.dataset;
    const search = mergeSearch(written, named ? this.own : { dataset: this.dataset, ...this.own });
    this.last = search;
    if (search === location.search) return;
    try {
      history[way](history.state, "", `${location.pathname}${search}${location.hash}`);
    } catch {
      // Browsers limit how often the address may change; the next write catches up.
    }
  }
}
