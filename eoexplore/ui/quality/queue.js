// The queue: rows of findings, strongest first, in pages of the server that come as one scrolls. One
// stop of the Tab key; which finding is chosen is told by the row that is marked.

const release = new URL(import.meta.url).search;
const [{ el, swatch, setAttribute }, { value }] = await Promise.all(
  ["dom", "format"].map((name) => import(`../${name}.js${release}`)),
);

const NEAR_PX = 600; // of the end, at which the next page is asked for
const MOST_PAGES = 8; // that stand in the list at once
const BONES = 9;

export class Queue {
  /** @param {{url: function(string): string, choose: function(number), more: function(number)}} listeners
   *   `choose` gets a rank from 0, `more` the number of a page that is wanted */
  constructor({ url, choose, more }) {
    this.listeners = { url, choose, more };
    this.pages = new Map(); // number → row elements, contiguous
    this.chosen = null;
    this.list = el("div", { class: "eo-queue-list", role: "listbox", tabindex: "0", "aria-label": "Findings, strongest first" });
    this.list.addEventListener("click", ({ target }) => {
      const row = target.closest?.(".eo-found");
      if (row) this.listeners.choose(Number(row.dataset.rank));
    });
    this.scroller = el("div", { class: "eo-queue-scroll" }, this.list);
    this.scroller.addEventListener("scroll", () => this.#wantMore(), { passive: true });
    this.head = el("div", { class: "eo-queue-head", role: "status", "aria-live": "polite" });
    this.empty = el("div", { class: "eo-queue-empty", hidden: true });
    this.element = el("section", { class: "eo-queue", "aria-label": "Queue" }, this.head, this.empty, this.scroller);
  }

  focus() {
    this.list.focus({ preventScroll: true });
  }

  showBones() {
    const bone = () => el("div", { class: "eo-found eo-found-bone", "aria-hidden": "true" }, el("div", { class: "eo-bone eo-found-thumb" }), el("div", {}, el("div", { class: "eo-bone" }), el("div", { class: "eo-bone" })));
    this.pages.clear();
    this.list.replaceChildren(...Array.from({ length: BONES }, bone));
  }

  /** Forget the rows: other conditions have other ones. */
  reset() {
    this.pages.clear();
    this.list.replaceChildren();
    this.scroller.scrollTop = 0;
  }

  /** @param {object} page of page.json */
  add(page) {
    this.last = page.pages;
    this.total = page.total;
    this.#say(page);
    if (this.pages.has(page.page)) return;
    const numbers = [...this.pages.keys()];
    const isAdjacent = numbers.some((number) => Math.abs(number - page.page) === 1);
    if (numbers.length && !isAdjacent) this.reset();
    if (!this.pages.size) this.list.replaceChildren();
    const rows = page.items.map((item) => this.#row(item, page.total));
    const isFirst = this.pages.size > 0 && page.page < Math.min(...this.pages.keys());
    this.pages.set(page.page, rows);
    if (isFirst) this.#keepPlace(() => this.list.prepend(...rows));
    else this.list.append(...rows);
    this.#drop(isFirst);
    this.#mark();
  }

  /** Whether the row of a rank is there, pages having `size` rows. */
  has(rank, size) {
    return this.pages.has(Math.floor(rank / size) + 1);
  }

  /** @param {number|null} rank from 0  @param {boolean} isSeen whether the row is scrolled to */
  setChosen(rank, isSeen = true) {
    this.chosen = rank;
    const row = this.#mark();
    if (isSeen) row?.scrollIntoView({ block: "nearest" });
  }

  /** Nothing is there: why, and the way out. */
  showEmpty(...nodes) {
    this.empty.hidden = !nodes.length;
    this.scroller.hidden = nodes.length > 0;
    this.empty.replaceChildren(...nodes);
  }

  #say({ total, all }) {
    const noun = all === 1 ? "finding" : "findings";
    this.head.textContent = total === all ? `${value(total)} ${noun}` : `${value(total)} of ${value(all)} ${noun}`;
  }

  #mark() {
    let found = null;
    for (const row of this.list.children) {
      const isChosen = row.dataset.rank === String(this.chosen);
      setAttribute(row, "aria-selected", String(isChosen));
      if (isChosen) found = row;
    }
    setAttribute(this.list, "aria-activedescendant", found?.id ?? null);
    return found;
  }

  #wantMore() {
    if (!this.pages.size) return;
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    const numbers = [...this.pages.keys()];
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    if (scrollTop + clientHeight > scrollHeight - NEAR_PX && high < this.last) this.listeners.more(high + 1);
    if (scrollTop < NEAR_PX && low > 1) this.listeners.more(low - 1);
  }

  /** Of many pages those at the far end go. */
  #drop(isFromEnd) {
    while (this.pages.size > MOST_PAGES) {
      const numbers = [...this.pages.keys()];
      const number = isFromEnd ? Math.max(...numbers) : Math.min(...numbers);
      const rows = this.pages.get(number);
      this.pages.delete(number);
      const take = () => rows.forEach((row) => row.remove());
      if (isFromEnd) take();
      else this.#keepPlace(take);
    }
  }

  /** What is seen stays where it is while rows above it come or go. */
  #keepPlace(change) {
    const before = this.scroller.scrollHeight;
    const top = this.scroller.scrollTop;
    change();
    this.scroller.scrollTop = top + this.scroller.scrollHeight - before;
  }

  #row(item, total) {
    const { rank, place, id, date, label, suspect, reason, score, decidable } = item;
    const where = [place ?? id, date].filter(Boolean).join(" · ");
    const says = [label ? `label ${label.name}` : "no label", suspect ? `instead ${suspect.name}` : null].filter(Boolean).join(", ");
    const words = `${value(rank)}: ${says}; ${reason.title}; ${where}; score ${score.toFixed(2)}`;
    return el(
      "div",
      {
        class: "eo-found",
        role: "option",
        id: `eo-found-${rank}`,
        "data-rank": String(rank - 1),
        "data-id": id,
        "aria-label": words,
        "aria-setsize": String(total),
        "aria-posinset": String(rank),
      },
      this.#thumb(item),
      el(
        "div",
        { class: "eo-found-words" },
        el("div", { class: "eo-found-class", title: label?.name }, label ? swatch(label.colour) : null, el("span", { text: label?.name ?? (suspect ? "No label" : "The whole patch") })),
        suspect
          ? el("div", { class: "eo-found-class eo-found-instead", title: suspect.name }, el("span", { class: "eo-arrow", "aria-hidden": "true", text: "→" }), swatch(suspect.colour), el("span", { text: suspect.name }))
          : null,
        el("div", { class: "eo-note", title: reason.title, text: reason.title }),
        el("div", { class: "eo-note", title: `${where}\n${id}`, text: where }),
      ),
      el(
        "div",
        { class: "eo-found-score" },
        el("span", { class: "eo-found-rank eo-note", text: value(rank) }),
        el("span", { class: "eo-found-number", text: score.toFixed(2) }),
        bar(score),
        decidable === false ? el("span", { class: "eo-tag", title: "Smaller than the map's unit: not decidable at its resolution", text: "small" }) : null,
      ),
    );
  }

  /** The picture, and a ring where the finding lies in it. */
  #thumb({ thumb, at, pictures }) {
    const url = thumb ? this.listeners.url(thumb) : null;
    const box = el("div", { class: "eo-found-thumb", "aria-hidden": "true" });
    if (!url) {
      box.title = pictures.find(({ url: there }) => !there)?.reason ?? "";
      return box;
    }
    box.append(el("img", { src: url, alt: "", loading: "lazy", decoding: "async", draggable: "false" }));
    if (at) {
      const ring = el("span", { class: "eo-found-ring" });
      ring.style.top = `${((at[0] + 0.5) / 120) * 100}%`;
      ring.style.left = `${((at[1] + 0.5) / 120) * 100}%`;
      box.append(ring);
    }
    return box;
  }
}

/** A bar of a share between 0 and 1. */
export function bar(share) {
  const part = el("span", { class: "eo-score-fill" });
  part.style.width = `${Math.max(2, share * 100)}%`;
  return el("span", { class: "eo-score-bar", "aria-hidden": "true" }, part);
}
