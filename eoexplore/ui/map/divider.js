// The line between the two sides of a swipe: dragged, or moved with the arrow keys.

const release = new URL(import.meta.url).search;
const { el } = await import(`./dom.js${release}`);

const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };

export class Divider {
  /** @param {function(number)} onMove called with 0 (all right) … 100 (all left) */
  constructor(onMove) {
    this.onMove = onMove;
    this.percent = 50;
    this.element = el(
      "div",
      {
        class: "eo-divider",
        role: "slider",
        tabindex: "0",
        "aria-label": "Divider between left and right",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": 50,
        hidden: true,
      },
      el("span", { class: "eo-grip", "aria-hidden": "true" }),
    );
    this.element.addEventListener("pointerdown", (event) => this.#start(event));
    this.element.addEventListener("pointermove", (event) => this.isDragged && this.#drag(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.element.addEventListener(name, () => this.#end());
    }
    this.element.addEventListener("keydown", (event) => this.#key(event));
    // A drag must move the divider, not the map under it.
    for (const name of ["click", "dblclick", "mousedown", "touchstart"]) {
      this.element.addEventListener(name, (event) => event.stopPropagation());
    }
  }

  show(percent) {
    // As fine as a link says it, which is finer than a pixel.
    this.percent = Math.round(Math.min(100, Math.max(0, percent)) * 100) / 100;
    this.element.setAttribute("aria-valuenow", String(Math.round(this.percent)));
    this.element.setAttribute("aria-valuetext", `${Math.round(this.percent)} % left`);
    this.onMove(this.percent);
  }

  #start(event) {
    if (event.button !== 0) return;
    event.preventDefault(); // no selection of the texts that the pointer passes
    this.isDragged = true;
    this.element.setPointerCapture(event.pointerId);
    this.element.focus({ preventScroll: true });
    this.element.parentNode.classList.add("eo-dragging");
  }

  #drag(event) {
    const { left, width } = this.element.parentNode.getBoundingClientRect();
    this.show(((event.clientX - left) / width) * 100);
  }

  #end() {
    this.isDragged = false;
    this.element.parentNode?.classList.remove("eo-dragging");
  }

  #key(event) {
    const ends = { Home: 0, End: 100 };
    if (event.key in STEPS) this.show(this.percent + STEPS[event.key]);
    else if (event.key in ends) this.show(ends[event.key]);
    else return;
    event.preventDefault();
  }
}
