// What stands in the place of the tiles: why there are none, and the way out.

const release = new URL(import.meta.url).search;
const { el } = await import(`../dom.js${release}`);

const SENTENCES = {
  0: "The server did not answer. Check that EOExplore is still running.",
  503: "The server is busy.",
};
const FAULT = "The page could not be made. The terminal of the server says why.";

export class Empty {
  /** @param {{showAll: function(), retry: function()}} ways out */
  constructor({ showAll, retry }) {
    const button = (text, act) => el("button", { type: "button", class: "eo-text-button", text, on: { click: act } });
    this.all = button("Show all patches", showAll);
    this.again = button("Try again", retry);
    this.element = el("div", { class: "eo-gallery-empty", hidden: true });
  }

  /** @param {number} total how many patches there are  @param {boolean} isFiltered */
  show(total, isFiltered) {
    this.element.hidden = total > 0;
    if (total) return;
    const sentence = isFiltered ? "No patch fits the conditions of the selection." : "This dataset has no patches.";
    const hint = el("p", { class: "eo-note", text: "Drop one of the conditions above, or all of them:" });
    this.element.replaceChildren(el("p", { text: sentence }), ...(isFiltered ? [hint, this.all] : []));
  }

  /** @param {number} status of the answer; 0: there was none */
  showFailure(status) {
    this.element.hidden = false;
    this.element.replaceChildren(el("p", { role: "alert", text: SENTENCES[status] ?? FAULT }), this.again);
  }
}
