// Prepared views and the guided tour of a dataset. Each is a piece of an address: what it does not
// name is as the dataset proposes it.

const release = new URL(import.meta.url).search;
const [{ el, iconButton }, { Menu }] = await Promise.all(["dom", "menu"].map((name) => import(`./${name}.js${release}`)));

const NAMES = ["v", "l", "d", "c", "r", "rd", "i"];

export class Views {
  constructor(view) {
    this.view = view;
    this.menu = new Menu(view, {
      icon: "views",
      label: "Prepared views and a tour (v)",
      title: "Prepared views",
      fill: () => this.#fill(),
    });
    this.heading = el("h2", {});
    this.text = el("p", {});
    this.place = el("span", { class: "eo-note" });
    this.back = button("Back", () => this.#step(this.at - 1));
    this.next = button("Next", () => this.#step(this.at + 1));
    const end = iconButton("close", "End the tour (Esc)", () => this.#end(), "eo-quiet");
    this.tour = el(
      "section",
      { class: "eo-tour eo-surface", "aria-label": "Guided tour", "aria-live": "polite", hidden: true },
      el("header", {}, this.heading, end),
      this.text,
      el("footer", {}, this.place, this.back, this.next),
    );
    view.keys.add([
      { key: "v", meaning: "prepared views and the guided tour", act: () => (this.#isThere() ? this.menu.toggle() : false) },
      { key: "Escape", rank: 3, act: () => (this.tour.hidden ? false : this.#end()) },
    ]);
    this.elements = [this.menu.element, this.tour];
  }

  /** Called when the data has changed: a dataset without prepared views has no button. */
  update() {
    this.menu.button.hidden = !this.#isThere();
  }

  #isThere() {
    const { views, tour } = this.view.data;
    return Boolean(views?.length || tour?.length);
  }

  #fill() {
    const { views, tour } = this.view.data;
    const items = (views ?? []).map(({ title, text, query }) =>
      el(
        "button",
        {
          type: "button",
          class: "eo-menu-item",
          on: {
            click: () => {
              this.menu.toggle(false);
              this.#show(query);
            },
          },
        },
        el("span", { class: "eo-result-title", text: title }),
        el("span", { class: "eo-result-detail", text }),
      ),
    );
    if (!tour?.length) return items;
    const start = button(`Guided tour: ${tour.length} stops, five minutes`, () => {
      this.menu.toggle(false);
      this.#step(0);
    });
    return [start, ...items];
  }

  #show(query) {
    const wanted = new URLSearchParams(query);
    this.view.apply(Object.fromEntries(NAMES.map((name) => [name, wanted.get(name)])));
    const before = new URLSearchParams(this.view.data.query).get("select") ?? "";
    const select = wanted.get("select") ?? "";
    if (select !== before) this.view.ask({ kind: "select", text: select });
  }

  #step(index) {
    const stops = this.view.data.tour ?? [];
    if (index < 0 || index >= stops.length) return this.#end();
    this.at = index;
    const { title, text, query } = stops[index];
    this.heading.textContent = title;
    this.text.textContent = text;
    this.place.textContent = `${index + 1} of ${stops.length}`;
    this.back.disabled = index === 0;
    this.next.textContent = index === stops.length - 1 ? "End" : "Next";
    this.tour.hidden = false;
    this.#show(query);
    this.next.focus({ preventScroll: true });
    return undefined;
  }

  #end() {
    this.tour.hidden = true;
    this.view.canvas.focus({ preventScroll: true });
  }
}

function button(text, click) {
  return el("button", { type: "button", class: "eo-text-button", text, on: { click } });
}
