// The small things around the map: buttons, scale, coordinates, zoom, hints, the list of keys.

const release = new URL(import.meta.url).search;
const [{ el, iconButton }, { Sketches }, { Search }, { Views }, { TakeAway }] = await Promise.all(
  ["dom", "sketches", "search", "views", "takeaway"].map((name) => import(`./${name}.js${release}`)),
);

const SAY_FOR_MS = 3500;
const MORE_PER_LETTER_MS = 45; // beyond what is read at a glance

export class Tools {
  constructor(view) {
    this.view = view;
    this.sketches = new Sketches(view);
    this.search = new Search(view);
    this.views = new Views(view);
    this.takeAway = new TakeAway(view);
    this.#oneAtATime();
    this.zoomIn = iconButton("plus", "Zoom in (+)", () => view.map.zoomIn());
    this.zoomOut = iconButton("minus", "Zoom out (−)", () => view.map.zoomOut());
    const buttons = [
      el("div", { class: "eo-group" }, iconButton("search", "Go to a place (g)", () => this.search.toggle())),
      el("div", { class: "eo-group" }, this.zoomIn, this.zoomOut),
      this.sketches.group,
      el("div", { class: "eo-group" }, this.views.menu.button, this.takeAway.menu.button),
      // Telephones from Apple have no full screen for pages.
      "requestFullscreen" in Element.prototype
        ? el("div", { class: "eo-group" }, iconButton("full", "Full screen (f)", () => view.toggleFullScreen()))
        : null,
      el("div", { class: "eo-group" }, iconButton("help", "Keys (?)", () => this.toggleHelp(), "eo-help-button")),
    ];
    this.toolbar = el("div", { class: "eo-tools", role: "toolbar", "aria-label": "Map tools" });
    this.toolbar.append(...buttons.filter(Boolean));

    this.bar = el("div", { class: "eo-bar", "aria-hidden": "true" });
    this.hint = el("div", { class: "eo-hint eo-chip", hidden: true });
    this.badge = el("div", { class: "eo-badge eo-chip", title: "Made-up data for trying things out", text: "synthetic" });
    this.coordinates = el("span", { class: "eo-coordinates" });
    this.zoom = el("span", { class: "eo-zoom", title: "Zoom level" });
    this.attribution = el("span", { class: "eo-attribution" });
    this.status = el("div", { class: "eo-status" }, this.attribution, this.coordinates, this.zoom);
    this.toast = el("div", { class: "eo-toast", role: "status", "aria-live": "polite" });
    this.help = this.#buildHelp();
    const top = el("div", { class: "eo-top" }, this.badge, this.hint);
    const parts = [this.search.element, ...this.sketches.elements, ...this.views.elements, ...this.takeAway.elements];
    this.elements = [this.bar, top, this.status, this.toolbar, ...parts, this.toast, this.help];
  }

  /** The small windows stand at the same place: opening one closes the others. */
  #oneAtATime() {
    const { menu: views } = this.views;
    const { menu: files } = this.takeAway;
    const others = (one) => [views, files].filter((other) => other !== one && other.isOpen);
    for (const menu of [views, files]) {
      menu.onOpen = () => {
        for (const other of others(menu)) other.toggle(false);
        if (this.search.isOpen) this.search.close();
      };
    }
    this.search.onOpen = () => others(null).forEach((other) => other.toggle(false));
  }

  /** Called when the data has changed. */
  update() {
    this.views.update();
    this.sketches.update();
  }

  setZoom(zoom, least, most) {
    this.zoom.textContent = `z ${Number(zoom.toFixed(2))}`;
    this.zoomIn.disabled = zoom >= most;
    this.zoomOut.disabled = zoom <= least;
  }

  setCoordinates(text) {
    this.coordinates.textContent = text;
  }

  setHint(text) {
    this.hint.textContent = text;
    this.hint.hidden = !text;
  }

  setAttribution(text) {
    this.attribution.textContent = text ?? "";
  }

  /** A short note that goes away by itself. */
  say(text) {
    clearTimeout(this.timer);
    this.toast.textContent = text;
    this.toast.classList.add("eo-shown");
    const more = Math.max(0, text.length - 40) * MORE_PER_LETTER_MS;
    this.timer = setTimeout(() => this.hush(), SAY_FOR_MS + more);
  }

  hush() {
    this.toast.classList.remove("eo-shown");
  }

  get helpIsOpen() {
    return !this.help.hidden;
  }

  toggleHelp(isOpen = this.help.hidden) {
    if (isOpen) this.rows.replaceChildren(...this.#listKeys());
    this.help.hidden = !isOpen;
    if (isOpen) this.help.querySelector("button").focus();
    else if (this.help.contains(this.view.root.getRootNode().activeElement)) this.view.canvas.focus();
  }

  #buildHelp() {
    this.rows = el("tbody");
    const close = iconButton("close", "Close (Esc)", () => this.toggleHelp(false), "eo-quiet");
    return el(
      "section",
      { class: "eo-help eo-surface", role: "dialog", "aria-label": "Keys", hidden: true },
      el("header", {}, el("h2", { text: "Keys" }), close),
      el("table", {}, this.rows),
    );
  }

  /** Every part of the map adds its keys to one table; the list is made from it. */
  #listKeys() {
    return this.view.keys.table
      .filter(({ meaning }) => meaning)
      .map(({ key, shown, meaning }) =>
        el("tr", {}, el("th", { scope: "row" }, el("kbd", { text: shown ?? [key].flat()[0] })), el("td", { text: meaning })),
      );
  }
}
