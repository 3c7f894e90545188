// What can be taken away of the view: a picture and a map that opens without a server.

const release = new URL(import.meta.url).search;
const [{ el, copyText }, { Menu }] = await Promise.all(["dom", "menu"].map((name) => import(`./${name}.js${release}`)));

const FILES = [
  ["view.png", "Picture (PNG)", "What the map shows, with legend, scale and attribution"],
  ["map.html", "Map as one file (HTML)", "Opens in any browser, without internet and without EOExplore"],
];

export class TakeAway {
  constructor(view) {
    this.view = view;
    this.menu = new Menu(view, { icon: "download", label: "Take away this view", title: "Take away this view", fill: () => this.#fill() });
    this.elements = [this.menu.element];
  }

  #fill() {
    const { view } = this;
    const { width, height } = view.canvas.getBoundingClientRect();
    const values = { ...view.state(), width: Math.round(width), height: Math.round(height) };
    const { d, i, c, r, rd, ...shown } = values;
    const links = FILES.map(([file, title, text]) => {
      const path = `/export/${encodeURIComponent(view.dataset)}/${file}`;
      // The query carries v for the version of the index; here it is the place.
      const query = new URLSearchParams(view.data.query);
      for (const [name, value] of Object.entries({ ...shown, d })) if (value) query.set(name, value);
      const href = `${view.data.base ?? ""}${path}?${query}`;
      return el("a", { class: "eo-menu-item", href, download: "" }, el("span", { class: "eo-result-title", text: title }), el("span", { class: "eo-result-detail", text }));
    });
    const copy = el("button", { type: "button", class: "eo-menu-item", on: { click: () => this.#copyLink() } });
    copy.append(el("span", { class: "eo-result-title", text: "Copy link" }), el("span", { class: "eo-result-detail", text: "The address of exactly this view" }));
    return [...links, copy];
  }

  async #copyLink() {
    this.view.address.flush();
    const done = await copyText(location.href, this.view.root);
    this.menu.toggle(false);
    this.view.say(done ? "Link copied" : "Copy the address from the browser's address bar");
  }
}
