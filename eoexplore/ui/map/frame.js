// The size and the theme of the map's element, which follow the window and Streamlit.

const NARROW_PX = 640;
const CRAMPED_PX = 1000; // the panel and the card side by side would hide the map

export class Frame {
  /** @param {Element} root @param {function()} onResize once the element has a size of its own */
  constructor(root, onResize) {
    this.root = root;
    this.onResize = onResize;
  }

  get isNarrow() {
    return this.root.clientWidth < NARROW_PX;
  }

  attach() {
    this.fit();
    this.observer = new ResizeObserver(() => this.#resized());
    this.observer.observe(this.root);
    const block = this.root.getRootNode().host?.closest('[data-testid="stVerticalBlock"]');
    if (block) this.observer.observe(block);
    this.onWindow = () => this.#place();
    window.addEventListener("resize", this.onWindow);
  }

  detach() {
    this.observer?.disconnect();
    window.removeEventListener("resize", this.onWindow);
  }

  fit() {
    this.#place();
    this.root.classList.toggle("eo-narrow", this.isNarrow);
    this.root.classList.toggle("eo-cramped", this.root.clientWidth < CRAMPED_PX);
  }

  #resized() {
    // While it is parked the element measures nothing; a map of no size would lose its place.
    if (!this.root.isConnected || !this.root.clientWidth) return;
    this.fit();
    this.onResize();
  }

  /** Tell the style how far down the page the map begins; its height is what the window leaves. */
  #place() {
    const host = this.root.getRootNode().host;
    if (!host) return;
    const scroller = host.closest('[data-testid="stMain"]') ?? document.scrollingElement;
    const top = Math.max(0, Math.round(host.getBoundingClientRect().top + scroller.scrollTop));
    if (this.top !== undefined && Math.abs(this.top - top) < 2) return;
    this.top = top;
    this.root.style.setProperty("--eo-top", `${top}px`);
  }

  /** @returns {string} "light" or "dark", as the background is */
  theme() {
    const colour = getComputedStyle(this.root).backgroundColor;
    const [red, green, blue] = (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
    const theme = 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
    this.root.dataset.theme = theme;
    return theme;
  }
}
