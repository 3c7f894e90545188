// Go to a place: coordinates, a patch, a tile, a town or a country. The server knows them all.

const release = new URL(import.meta.url).search;
const [{ el, icon }, { answerOf }] = await Promise.all(
  ["dom", "answers"].map((name) => import(`./${name}.js${release}`)),
);

const WAIT_MS = 150;
const KINDS = { coordinates: "Place", patch: "Patch", town: "Town", country: "Country", tile: "Tile" };

export class Search {
  constructor(view) {
    this.view = view;
    this.input = el("input", {
      type: "search",
      class: "eo-search-input",
      placeholder: "Town, country, patch or 48.21, 12.94",
      "aria-label": "Go to a town, a country, a patch, a tile or coordinates",
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": "eo-search-results",
      "aria-autocomplete": "list",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: 200,
      on: { input: () => this.#typed(), keydown: (event) => this.#pressed(event) },
    });
    this.list = el("ul", { id: "eo-search-results", class: "eo-search-results", role: "listbox", "aria-label": "Places" });
    this.note = el("p", { class: "eo-note", role: "status", hidden: true });
    this.element = el("div", { class: "eo-search eo-surface", role: "search", hidden: true }, icon("search"), this.input, this.note, this.list);
    this.results = [];
    this.current = -1;
    view.keys.add([
      { key: ["g", "/"], shown: "g", meaning: "go to a place", act: () => this.open() },
      { key: "Escape", rank: 6, act: () => (this.isOpen ? this.close() : false) },
      { key: "Escape", rank: -1, act: () => (this.pin ? this.#mark(null) : false) },
    ]);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    this.onOpen?.();
    this.element.hidden = false;
    this.input.focus();
    this.input.select();
  }

  close() {
    const hadFocus = this.element.contains(this.view.root.getRootNode().activeElement);
    this.element.hidden = true;
    if (hadFocus) this.view.canvas.focus({ preventScroll: true });
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  #typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    const text = this.input.value.trim();
    this.asked = text;
    if (!text) return this.#show([], "");
    const { dataset } = this.view;
    const answer = await answerOf(this.view.url(`/search/${encodeURIComponent(dataset)}`, undefined, { q: text }));
    if (this.asked !== text) return undefined;
    const results = answer.body?.results ?? [];
    const trouble = answer.status === 200 ? "Nothing of this name is known here." : "The server did not answer; try again.";
    return this.#show(results, results.length ? "" : trouble);
  }

  #show(results, note) {
    this.results = results;
    this.note.textContent = note;
    this.note.hidden = !note;
    this.list.replaceChildren(...results.map((result, index) => this.#item(result, index)));
    this.input.setAttribute("aria-expanded", String(results.length > 0));
    this.#choose(results.length ? 0 : -1);
  }

  #item({ kind, title, detail }, index) {
    return el(
      "li",
      {
        id: `eo-result-${index}`,
        role: "option",
        "aria-selected": "false",
        // Before the field loses its focus, which would close the list under the pointer.
        on: { mousedown: (event) => event.preventDefault(), click: () => this.#go(index), mousemove: () => this.#choose(index) },
      },
      el("span", { class: "eo-result-title", text: title }),
      el("span", { class: "eo-result-detail", text: [KINDS[kind], detail].filter(Boolean).join(" · ") }),
    );
  }

  #choose(index) {
    this.current = index;
    [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `eo-result-${index}`);
  }

  #pressed(event) {
    const count = this.results.length;
    if (event.key === "ArrowDown" && count) this.#choose((this.current + 1) % count);
    else if (event.key === "ArrowUp" && count) this.#choose((this.current - 1 + count) % count);
    else if (event.key === "Enter") this.#enter();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Enter is often faster than the answer. */
  async #enter() {
    clearTimeout(this.timer);
    if (this.asked !== this.input.value.trim()) await this.#ask();
    if (this.current >= 0) this.#go(this.current);
  }

  #go(index) {
    const { bounds, id, title, kind } = this.results[index];
    this.close();
    if (!Array.isArray(bounds) || !bounds.every(Number.isFinite)) return;
    this.view.jump(bounds);
    this.#mark(["coordinates", "town"].includes(kind) ? bounds : null);
    if (id) this.view.inspector.show(id);
    else this.view.say(title);
  }

  /** A pin where a point was asked for; null takes it away. */
  #mark(bounds) {
    this.pin?.remove();
    this.pin = null;
    if (!bounds) return;
    const [west, south, east, north] = bounds;
    const place = [(south + north) / 2, (west + east) / 2];
    this.pin = this.view.marks.add((L) => {
      const icon = L.divIcon({ className: "eo-pin eo-found", iconSize: [14, 14] });
      return L.marker(place, { icon, interactive: false, keyboard: false });
    });
  }
}
